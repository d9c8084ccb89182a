"""`milanio config`: every setting, its value, and where it comes from."""

import json
from enum import Enum
from pathlib import Path
from typing import Any

from web.cli.terminal import print_table
from web.config import Settings
from web.config_sources import SECRETS, Loaded
from web.shown_settings import meaning_of, text_of, value_of


def show(loaded: Loaded, *, as_json: bool) -> None:
    """`milanio config`."""
    settings = loaded.settings
    if as_json:
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
