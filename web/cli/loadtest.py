"""`milanio loadtest-token`: the token that exempts a load test from this server's limits."""

import argparse
import os
import time

from web import config_sources
from web.cli.terminal import CommandError
from web.config import Settings
from web.security import load_test_token, secret


def print_token(arguments: argparse.Namespace) -> None:
    """`milanio loadtest-token`."""
    settings = config_sources.load(arguments.config, data=arguments.data).settings
    try:
        hours = float(arguments.hours)
        if not 0 < hours <= load_test_token.MAX_HOURS:
            raise ValueError
    except ValueError:
        raise CommandError(
            f"--hours {arguments.hours}: it must be a number above 0, and at most {load_test_token.MAX_HOURS}"
        ) from None
    print(load_test_token.sign(secret.derive(_key(settings), load_test_token.PURPOSE), hours, time.time()))


def _key(settings: Settings) -> bytes:
    """Return the key of a server that has run before, or the one that is set. A new key in the wrong folder would be no
    use.
    """
    path = settings.data / secret.FILE_NAME
    if settings.secret is None and not os.path.exists(path):
        raise CommandError(f"there is no key {path} yet; is --data or --config missing?")
    return secret.key_of(settings)
