"""`milanio config`: every setting, its value, and where it comes from."""

import json
import os
from enum import Enum
from pathlib import Path
from typing import Any

from web.cli.terminal import print_table
from web.config import Settings
from web.config_sources import SECRETS, Loaded
from web.security.secret import FILE_NAME


def show(loaded: Loaded, *, as_json: bool) -> None:
    """`milanio config`."""
    settings = loaded.settings
    if as_json:
        print(json.dumps([_facts(loaded, name) for name in Settings.model_fields], indent=2))
        return
    print_table(
        ("SETTING", "VALUE", "FROM", "MEANING"),
        (
            (name, _text(_value(settings, name)), loaded.origins[name], _meaning(name).replace("`", ""))
            for name in Settings.model_fields
        ),
    )


def _facts(loaded: Loaded, name: str) -> dict[str, Any]:
    value = _value(loaded.settings, name)
    return {
        "name": name,
        "value": str(value) if isinstance(value, Path | Enum) else value,
        "from": loaded.origins[name],
        "secret": name in SECRETS,
        "meaning": _meaning(name),
    }


def _meaning(name: str) -> str:
    return Settings.model_fields[name].description or ""


def _value(settings: Settings, name: str) -> Any:
    """Return the value; for a secret, only whether it is set."""
    value = getattr(settings, name)
    if name not in SECRETS:
        return value
    if value is not None:
        return "set"
    key = settings.data / FILE_NAME
    return f"generated ({key})" if name == "secret" and os.path.exists(key) else "not set"


def _text(value: Any) -> str:
    if value in (None, "", ()):
        return "not set"
    if isinstance(value, bool):
        return str(value).lower()
    return ", ".join(value) if isinstance(value, tuple) else str(value)
