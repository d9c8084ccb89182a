"""The command `milanio`."""

from web.cli.command import main

__all__ = ["main"]
