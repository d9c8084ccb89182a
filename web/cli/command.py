"""The command `milanio`: runs its subcommands, and reports errors in one line."""

import io
import logging
import os
import sys

from web.cli import words
from web.cli.terminal import CommandError, plain
from web.config_names import ConfigError

_INTERRUPTED = 130
"""The exit status that shells give a program ended by SIGINT."""

_CODECS = ("aioice", "aiortc", "av")
"""What encodes and decodes. The one-file program has none of it: servers and load tests get by without."""


def main(arguments: list[str] | None = None) -> int:
    """Run a command and return its exit status. The operator's mistakes give one line and status 2."""
    parsed = words.parser().parse_args(arguments)
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
