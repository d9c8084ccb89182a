"""Settings as they may be shown: secrets only by whether they are set."""

import os
from typing import Any

from web.config import Settings
from web.config_sources import SECRETS
from web.security.secret import FILE_NAME


def value_of(settings: Settings, name: str) -> Any:
    """Return a setting's value; for a secret, only whether it is set."""
    value = getattr(settings, name)
    if name not in SECRETS:
        return value
    if value is not None:
        return "set"
    key = settings.data / FILE_NAME
    return f"generated ({key})" if name == "secret" and os.path.exists(key) else "not set"


def text_of(value: Any) -> str:
    """Write a value as people read it."""
    if value in (None, "", ()):
        return "not set"
    if isinstance(value, bool):
        return str(value).lower()
    return ", ".join(value) if isinstance(value, tuple) else str(value)


def meaning_of(name: str) -> str:
    """Return what a setting does."""
    return Settings.model_fields[name].description or ""
