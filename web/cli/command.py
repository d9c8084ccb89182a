"""The command `milanio`: runs its subcommands, and reports errors in one line."""

import argparse
import asyncio
import io
import logging
import os
import sys

from web import config_sources, logs
from web.cli import settings as settings_command
from web.cli import words
from web.cli.terminal import CommandError, plain
from web.config_names import ConfigError

_INTERRUPTED = 130
"""The exit status that shells give a program ended by SIGINT."""

_CODECS = ("aioice", "aiortc", "av")
"""What encodes and decodes. The one-file program has none of it: servers and load tests get by without."""


def main(arguments: list[str] | None = None) -> int:
    """Run a command and return its exit status. The operator's mistakes give one line and status 2."""
    parsed = words.parser(serve=_serve, config=_config, doctor=_doctor, join=_join).parse_args(arguments)
    status = None
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    if isinstance(sys.stdout, io.TextIOWrapper):
        # Names may contain characters that the terminal's encoding lacks.
        sys.stdout.reconfigure(errors="replace")
    try:
        status = parsed.run(parsed)
        sys.stdout.flush()
    except (ConfigError, CommandError) as error:
        print(f"milanio: {plain(' '.join(str(error).split()))}", file=sys.stderr)
        return 2
    except ModuleNotFoundError as error:
        if error.name not in _CODECS:
            raise
        print(
            f"milanio: this encodes or decodes media, which needs the library {error.name}, and this program is packed "
            "without it; install Milanio with pip to have it",
            file=sys.stderr,
        )
        return 2
    except KeyboardInterrupt:
        return _INTERRUPTED
    except BrokenPipeError:
        # The reader of our output has closed it. Python would report an error when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return status or 0


def _load(arguments: argparse.Namespace) -> config_sources.Loaded:
    loaded = config_sources.load(
        arguments.config,
        host=arguments.host,
        port=arguments.port,
        media_port=arguments.media_port,
        announce=arguments.announce,
        data=arguments.data,
        domain=arguments.domain,
        tls_certificate=arguments.tls_certificate,
        tls_key=arguments.tls_key,
    )
    for warning in loaded.warnings:
        print(f"milanio: warning: {warning}", file=sys.stderr)
    return loaded


def _config(arguments: argparse.Namespace) -> None:
    settings_command.show(_load(arguments), as_json=arguments.json)


def _doctor(arguments: argparse.Namespace) -> int:
    # Imported here: it takes half a second, and the other commands don't need it.
    from web.cli import doctor

    return doctor.run(arguments, _load(arguments).settings)


def _serve(arguments: argparse.Namespace) -> None:
    loaded = _load(arguments)
    settings = loaded.settings
    logs.configure(settings.log_level, settings.log_format, people=settings.log_people)
    # Imported here: it takes a second, and the other commands don't need it.
    from web import app

    asyncio.run(app.serve(settings))


def _join(arguments: argparse.Namespace) -> None:
    # Imported here: the media libraries would only cost a server memory.
    from signaling import client
    from signaling.client import command as client_command

    command = client_command.JoinCommand(
        url=arguments.url,
        room=arguments.room,
        name=arguments.name,
        publish=arguments.publish,
        screen=arguments.screen,
        record=arguments.record,
        seconds=arguments.seconds,
    )
    try:
        asyncio.run(client_command.run(command))
    except (client.ClientError, client.MediaError) as error:
        raise CommandError(str(error)) from None
