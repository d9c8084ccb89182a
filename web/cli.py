"""The command `milanio`."""

import argparse
import asyncio
import logging
import sys
from pathlib import Path

from web import app, config
from web.config import ConfigError


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="milanio", description="Self-hosted video calls.")
    commands = parser.add_subparsers(dest="command", required=True)
    serve = commands.add_parser("serve", help="run the server: page, API, signaling and media relay")
    serve.add_argument("--host", help="address to listen on (default: all)")
    serve.add_argument("--port", type=int, help="TCP port, and UDP port of the relay (default: 8080)")
    serve.add_argument("--media-port", type=int, help="UDP port of the relay, where it is to be another")
    serve.add_argument("--announce", help="addresses under which browsers reach the relay, separated by commas")
    serve.add_argument("--data", type=Path, help="folder for keys and data (default: data)")
    join = commands.add_parser("join", help="join a room from the terminal: publish a file or a pattern, record")
    join.add_argument("url", help="address of the server, such as http://localhost:8080")
    join.add_argument("--room", required=True, metavar="CODE", help="code of the room")
    join.add_argument("--name", default="Milanio bot", help="display name")
    join.add_argument(
        "--publish", metavar="FILE", help="media file to publish, again and again; 'pattern' for a made-up one"
    )
    join.add_argument(
        "--record", metavar="FILE", help="record the first video and audio received to this file (.mkv, .webm)"
    )
    join.add_argument("--seconds", type=float, help="leave after so many seconds (default: stay until interrupted)")
    return parser


def _serve(arguments: argparse.Namespace) -> None:
    settings = config.load(
        host=arguments.host,
        port=arguments.port,
        media_port=arguments.media_port,
        announce=arguments.announce,
        data=arguments.data,
    )
    asyncio.run(app.serve(settings))


class _CommandError(Exception):
    """A command that can't be carried out; `args[0]` is one line for the operator."""


def _join(arguments: argparse.Namespace) -> None:
    # Only here: the media libraries would cost a server memory for nothing.
    from signaling import client, client_command

    logging.getLogger("signaling").setLevel(logging.WARNING)  # what goes on is printed
    command = client_command.JoinCommand(
        url=arguments.url,
        room=arguments.room,
        name=arguments.name,
        publish=arguments.publish,
        record=arguments.record,
        seconds=arguments.seconds,
    )
    try:
        asyncio.run(client_command.run(command))
    except (client.ClientError, client.MediaError) as error:
        raise _CommandError(str(error)) from None


_COMMANDS = {"serve": _serve, "join": _join}


def main(words: list[str] | None = None) -> int:
    """Run a command; its exit status. What the operator got wrong is one line and status 2."""
    arguments = _parser().parse_args(words)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    try:
        _COMMANDS[arguments.command](arguments)
    except (ConfigError, _CommandError) as error:
        print(f"milanio: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
