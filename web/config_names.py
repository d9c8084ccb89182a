"""What the command line knows of the settings before reading any. `milanio --help` imports it, so it imports little."""

from pathlib import Path

PREFIX = "MILANIO_"
"""Prefix of environment variables: `port` is `MILANIO_PORT` there."""

DEFAULT_FILE = Path("milanio.toml")
"""Read if no other file is named and the current folder has one."""

FILE_VARIABLE = f"{PREFIX}CONFIG"
"""Names the file if the flag `--config` doesn't."""

SELF_SIGNED = "self-signed"
"""Value of `tls_certificate` for one that the server makes."""


class ConfigError(ValueError):
    """A setting that can't be used; `args[0]` is one line for the operator."""
