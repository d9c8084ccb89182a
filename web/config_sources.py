"""The sources of settings: flags, then the environment, then a TOML file, then the defaults."""

import difflib
import os
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from pydantic import SecretStr, ValidationError

from web.config import Settings
from web.config_names import DEFAULT_FILE, FILE_VARIABLE, PREFIX, ConfigError

FROM_FILE = "_file"
"""Suffix of a setting that gives the path of a file with the secret: `secret_file`."""
DEFAULT = "default"
"""The origin of a setting that isn't set."""

SECRETS = frozenset(
    name
    for name, field in Settings.model_fields.items()
    if SecretStr in (field.annotation, *get_args(field.annotation))
)
"""Settings whose values are never shown."""
_NOT_REPEATED = SECRETS | {"public_url", "allowed_origins"}
"""These may contain a password by mistake, so errors don't repeat their values."""
_MAX_SHOWN = 80

_Given = dict[str, tuple[Any, str]]
"""Per setting: its value, and where it comes from."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """Settings, where they come from, and warnings."""

    settings: Settings
    origins: dict[str, str]
    """Per setting: `flag --port`, `environment MILANIO_PORT`, `file milanio.toml`, `default`."""
    warnings: tuple[str, ...]
    """Likely mistakes, in one line each."""


def load(config: Path | None = None, **flags: Any) -> Loaded:
    """Load all settings; flags that are None weren't given. `config` is the file, if a flag names one.

    Raises `ConfigError`, whose text names the setting and its source, and contains no secret.
    """
    file = _file(config)
    given: _Given = {} if file is None else _read(file)
    given |= _environment()
    given |= {name: (value, flag(name)) for name, value in flags.items() if value is not None}
    origins = dict.fromkeys(Settings.model_fields, DEFAULT) | {name: origin for name, (_, origin) in given.items()}
    try:
        settings = Settings(**{name: value for name, (value, _) in given.items()})
    except ValidationError as error:
        raise ConfigError(_line(error, origins)) from None
    warnings = _misspelt_variables()
    if file is not None and any(origins[name] == f"file {file}" for name in SECRETS) and file.stat().st_mode & 0o004:
        warnings.append(f"everyone on this machine can read the secrets in {file}; run chmod o-r on it")
    return Loaded(settings, origins, tuple(warnings))


def flag(name: str) -> str:
    """Return the origin of a setting that was given by a flag."""
    return f"flag --{name.replace('_', '-')}"


def _file(named: Path | None) -> Path | None:
    if named is None and os.environ.get(FILE_VARIABLE):
        named = Path(os.environ[FILE_VARIABLE])
    if named is None and os.path.exists(DEFAULT_FILE):
        named = DEFAULT_FILE
    return named


def _read(path: Path) -> _Given:
    try:
        with path.open("rb") as file:
            data = tomllib.load(file)
    except OSError as error:
        raise ConfigError(f"settings file {path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ConfigError(f"settings file {path}: it isn't valid UTF-8") from None
    except ValueError as error:
        raise ConfigError(f"settings file {path}: {error}") from None
    origin = f"file {path}"
    given: _Given = {}
    for key, value in data.items():
        name = key.removesuffix(FROM_FILE) if key.removesuffix(FROM_FILE) in SECRETS else key
        if name not in Settings.model_fields:
            raise ConfigError(f"settings file {path}: there is no setting {key!r}{_meant(key)}")
        if name in given:
            raise _twice(name, origin)
        given[name] = (value, origin) if name == key else (_content(name, value, origin), f"{origin}, {key}")
    return given


def _environment() -> _Given:
    given: _Given = {}
    for name in Settings.model_fields:
        # Empty is as good as unset: container set-ups can't leave a variable out.
        if value := os.environ.get(_variable(name)):
            given[name] = (value, f"environment {_variable(name)}")
    for name in sorted(SECRETS):
        variable = _variable(name + FROM_FILE)
        if path := os.environ.get(variable):
            origin = f"environment {variable}"
            if name in given:
                raise _twice(name, "the environment")
            given[name] = (_content(name, path, origin), origin)
    return given


def _variable(name: str) -> str:
    return PREFIX + name.upper()


def _content(name: str, path: Any, origin: str) -> str:
    """Read the secret in a file, without the line end that editors add."""
    # Not the path itself, which may be the secret by mistake.
    try:
        return Path(path).read_text(encoding="utf-8").rstrip("\r\n")
    except TypeError:
        problem = f"{name}{FROM_FILE} must be the path of a file"
    except OSError as error:
        problem = f"the file can't be read: {error.strerror}"
    except ValueError:
        problem = "the file isn't valid UTF-8"
    raise ConfigError(f"setting {name} ({origin}): {problem}")


def _twice(name: str, origin: str) -> ConfigError:
    return ConfigError(f"setting {name} ({origin}): give either {name} or {name}{FROM_FILE}")


def _misspelt_variables() -> list[str]:
    known = {_variable(name) for name in Settings.model_fields}
    known |= {_variable(name + FROM_FILE) for name in SECRETS} | {FILE_VARIABLE}
    unknown = sorted(name for name in os.environ if name.startswith(PREFIX) and name not in known)
    meant = {name: _meant(name.removeprefix(PREFIX).lower()) for name in unknown}
    # No warning for others: Kubernetes, for example, sets several for every service, by its name.
    return [
        f"there is no setting for the environment variable {name}{question}"
        for name, question in meant.items()
        if question
    ]


def _meant(name: str) -> str:
    close = difflib.get_close_matches(name, Settings.model_fields, 1, 0.75)
    return f"; did you mean {close[0]}?" if close else ""


def _line(error: ValidationError, origins: dict[str, str]) -> str:
    """Describe the first problem in one line."""
    first = error.errors(include_url=False)[0]
    context = first.get("ctx", {})
    name = str(context.get("setting") or first["loc"][0])
    text = str(context.get("error") or first["msg"])
    if first["type"] not in ("value_error", "together") and name not in _NOT_REPEATED and name in Settings.model_fields:
        text += f" (got {_shortened(repr(first['input']))})"
    origin = origins.get(name, DEFAULT)
    where = "" if origin == DEFAULT else f" ({origin})"
    return f"setting {name}{where}: {text}"


def _shortened(text: str) -> str:
    return text if len(text) <= _MAX_SHOWN else f"{text[:_MAX_SHOWN]}…"
