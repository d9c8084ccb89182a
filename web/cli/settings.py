"""`milanio config`: every setting, its value, and where it comes from."""

import argparse
import json
import sys
from enum import Enum
from pathlib import Path
from typing import Any

from web import config_sources
from web.cli.terminal import print_table
from web.config import Settings
from web.config_sources import SECRETS, Loaded
from web.shown_settings import meaning_of, text_of, value_of


def load(arguments: argparse.Namespace) -> Loaded:
    """Load the settings for `serve`, `config` and `doctor`, and print warnings. Raises `ConfigError`."""
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


def show(arguments: argparse.Namespace) -> None:
    """`milanio config`."""
    loaded = load(arguments)
    settings = loaded.settings
    if arguments.json:
        print(json.dumps([_facts(loaded, name) for name in Settings.model_fields], indent=2))
        return
    print_table(
        ("SETTING", "VALUE", "FROM", "MEANING"),
        (
            (name, text_of(value_of(settings, name)), loaded.origins[name], meaning_of(name).replace("`", ""))
            for name in Settings.model_fields
        ),
    )


def _facts(loaded: Loaded, name: str) -> dict[str, Any]:
    value = value_of(loaded.settings, name)
    return {
        "name": name,
        "value": str(value) if isinstance(value, Path | Enum) else value,
        "from": loaded.origins[name],
        "secret": name in SECRETS,
        "meaning": meaning_of(name),
    }
