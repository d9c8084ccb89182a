"""`milanio loadtest` and `milanio loadtest-token`: measure a server; exempt the test from its limits."""

import argparse
import asyncio
import os
import sys
import time
from pathlib import Path

from signaling.loadtest import flags
from signaling.loadtest.scenario import MAX_PEOPLE
from signaling.loadtest.scenario_file import ScenarioError
from web import config_sources
from web.cli.terminal import CommandError
from web.config import Settings
from web.security import load_test_token, secret

MAX_PROCESSES, MAX_MACHINES, MAX_LIMITS = 64, 32, 100
WORKER_PEOPLE = 1000

_MAX_SECRET = 4096
"""Bytes of a file with a token."""

OPTIONS: tuple[tuple[str, str, str], ...] = (
    ("--processes", "N", "processes on this machine (default: one for each core but one)"),
    ("--json", "FILE", "write the report as JSON"),
    ("--html", "FILE", "write the report as one HTML page"),
    ("--token", "TOKEN", "of milanio loadtest-token; lifts the server's limits by address"),
    ("--access-token", "TOKEN", "of an account, where the server lets only people with one create rooms"),
    ("--metrics-token", "TOKEN", "the server's metrics_token; not needed on its own machine"),
    ("--worker", "HOST:PORT", "play people for load tests from other machines, which come to this address"),
    ("--worker-secret", "SECRET", "what --worker and --join have in common: 16 characters or more"),
    ("--worker-people", "N", f"with --worker: people at a time, at most (default: {WORKER_PEOPLE})"),
)
"""Flags that are no part of the scenario, with one value each. `TOKEN` and `SECRET`: `@FILE` reads it from there."""


def add_flags(command: argparse.ArgumentParser) -> None:
    """Declare what `milanio loadtest` takes. All values are texts: `run` says what is wrong with them."""
    command.usage = "milanio loadtest URL [flags]; milanio loadtest --help lists them"
    command.add_argument("url", nargs="?", metavar="URL", help="the server, such as http://localhost:8080")
    command.add_argument("--scenario", metavar="NAME|FILE", help=flags.SCENARIO_HELP)
    for name, text in flags.PEOPLE_FLAGS.items():
        command.add_argument(f"--{name}", metavar="N", help=text)
    for flag in flags.FLAGS:
        command.add_argument(flag.name, metavar=flag.destination.upper(), help=flag.help.replace("%", "%%"))
    for name, metavar, text in OPTIONS:
        command.add_argument(name, metavar=metavar, help=f"{text}{_at_file(metavar)}")
    command.add_argument(
        "--fail-if",
        metavar="LIMIT",
        action="append",
        default=[],
        help='exit with 1 where that is so, as in "joins.p95_s>1"; may be repeated',
    )
    command.add_argument(
        "--join",
        metavar="HOST:PORT",
        action="append",
        default=[],
        help="use the machine on which milanio loadtest --worker runs as well; may be repeated",
    )
    command.add_argument(
        "--compare",
        nargs=2,
        metavar=("BEFORE", "AFTER"),
        help="print what changed between reports in JSON, instead of a test; A1.json,A2.json are repeated runs",
    )


def _at_file(metavar: str) -> str:
    return "; @FILE reads it from a file" if metavar in ("TOKEN", "SECRET") else ""


def run(arguments: argparse.Namespace) -> int:
    """`milanio loadtest`; the exit status."""
    if arguments.compare is not None:
        return _compare(arguments)
    if arguments.worker is not None:
        return _work(arguments)
    if arguments.url is None:
        raise CommandError("no server given; say which, as in milanio loadtest http://localhost:8080")
    return _test(arguments)


def _test(arguments: argparse.Namespace) -> int:
    try:
        scenario = flags.scenario(vars(arguments))
    except ScenarioError as error:
        raise CommandError(str(error)) from None
    # Only here: other commands needn't wait for the media libraries.
    from signaling.loadtest import command, limits

    if len(arguments.fail_if) > MAX_LIMITS:
        raise CommandError(f"--fail-if: {len(arguments.fail_if)} limits; at most {MAX_LIMITS} are allowed")
    groups = [group.name for group in scenario.groups]
    try:
        parsed = tuple(limits.parse(text, groups) for text in arguments.fail_if)
    except limits.LimitError as error:
        raise CommandError(f"--fail-if: {error}") from None
    machines = tuple(arguments.join)
    if len(machines) > MAX_MACHINES:
        raise CommandError(f"--join: {len(machines)} machines; at most {MAX_MACHINES} are allowed")
    if machines and arguments.worker_secret is None:
        raise CommandError("--join needs --worker-secret, the one that the workers were started with")
    test = command.LoadTest(
        url=arguments.url,
        scenario=scenario,
        processes=_number(
            arguments, "processes", command.default_processes(), MAX_PROCESSES, least=0 if machines else 1
        ),
        limits=parsed,
        json=None if arguments.json is None else Path(arguments.json),
        html=None if arguments.html is None else Path(arguments.html),
        token=_secret(arguments, "token"),
        access_token=_secret(arguments, "access_token"),
        metrics_token=_secret(arguments, "metrics_token"),
        machines=machines,
        secret=_secret(arguments, "worker_secret") or "",
    )
    try:
        return asyncio.run(command.run(test, sys.stdout))
    except command.LoadTestError as error:
        raise CommandError(str(error)) from None


def _work(arguments: argparse.Namespace) -> int:
    from signaling.loadtest import command

    given = _secret(arguments, "worker_secret")
    if given is None:
        raise CommandError(
            "--worker needs --worker-secret, since anyone who connects can make this machine send traffic"
        )
    processes = _number(arguments, "processes", command.default_processes(), MAX_PROCESSES)
    people = _number(arguments, "worker_people", WORKER_PEOPLE, MAX_PEOPLE)
    try:
        return asyncio.run(command.work(arguments.worker, given, processes, people, sys.stdout))
    except command.LoadTestError as error:
        raise CommandError(str(error)) from None


def _compare(arguments: argparse.Namespace) -> int:
    from signaling.loadtest import compare

    try:
        before, after = (compare.load(names) for names in arguments.compare)
    except compare.CompareError as error:
        raise CommandError(f"--compare: {error}") from None
    print(compare.text(compare.compare(before, after)), end="")
    return 0


def _number(arguments: argparse.Namespace, name: str, default: int, most: int, least: int = 1) -> int:
    text = getattr(arguments, name)
    if text is None:
        return default
    if not (text.isascii() and text.isdecimal() and least <= int(text[:9]) <= most):
        flag = name.replace("_", "-")
        raise CommandError(f"--{flag} {text[:60]!r} isn't allowed, only a whole number from {least} to {most:,}")
    return int(text)


def _secret(arguments: argparse.Namespace, name: str) -> str | None:
    """The text, or that of the file that `@` names: what is in the command line, others of the machine can read."""
    text: str | None = getattr(arguments, name)
    flag = f"--{name.replace('_', '-')}"
    if text is not None and text.startswith("@"):
        try:
            with open(text[1:], "rb") as file:
                text = file.read(_MAX_SECRET).decode().strip()
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it isn't a file of text"
            raise CommandError(f"{flag} {text[:80]}: {reason}") from None
    if text is not None and not (text.isascii() and text.isprintable() and text):
        raise CommandError(f"{flag}: it must be one line of ASCII characters")
    return text


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
