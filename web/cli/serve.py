"""`milanio serve`: the server."""

import argparse
import asyncio
import gc


def run(arguments: argparse.Namespace) -> None:
    """Serve until interrupted. Raises `ConfigError`."""
    # Modules stay as long as the process. Without the garbage collector's passes over what they consist of, during the
    # imports and when the server starts, it answers a tenth of a second sooner.
    gc.disable()
    from web import app, logs
    from web.cli.settings import load

    gc.freeze()
    gc.enable()
    settings = load(arguments).settings
    logs.configure(settings.log_level, settings.log_format, people=settings.log_people)
    asyncio.run(app.serve(settings))
