"""`milanio join`: a program's place in a call."""

import argparse
import asyncio

from signaling import client
from signaling.client import command
from web.cli.terminal import CommandError


def run(arguments: argparse.Namespace) -> None:
    """Join, publish and record until it is over. Raises `CommandError`."""
    join = command.JoinCommand(
        url=arguments.url,
        room=arguments.room,
        name=arguments.name,
        publish=arguments.publish,
        screen=arguments.screen,
        record=arguments.record,
        seconds=arguments.seconds,
    )
    try:
        asyncio.run(command.run(join))
    except (client.ClientError, client.MediaError) as error:
        raise CommandError(str(error)) from None
