"""Scenarios in TOML: those that come with Milanio, and people's own."""

import json
import tomllib
from importlib import resources
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from signaling.loadtest.allowed import allowed
from signaling.loadtest.scenario import Scenario

MAX_BYTES = 256 << 10
"""Of a file."""

_SHIPPED = "scenarios"


class ScenarioError(ValueError):
    """A scenario, a flag or a file that can't be used; `args[0]` is one line on what is wrong and what is allowed."""


def shipped() -> dict[str, str]:
    """The scenarios that come with Milanio: what the first line of each says, by name."""
    found = {}
    for entry in sorted(resources.files("signaling.loadtest").joinpath(_SHIPPED).iterdir(), key=lambda each: each.name):
        name, dot, ending = entry.name.rpartition(".")
        if (dot, ending) == (".", "toml"):
            found[name] = entry.read_text("utf-8").splitlines()[0].removeprefix("# ")
    return found


def load(name: str) -> Scenario:
    """The shipped scenario of that name, else the one in the file. Raises `ScenarioError`."""
    if name in shipped():
        text = resources.files("signaling.loadtest").joinpath(_SHIPPED, f"{name}.toml").read_text("utf-8")
    else:
        text = _read(name)
    return parse(text, name)


def _read(name: str) -> str:
    path = Path(name)
    known = ", ".join(shipped())
    try:
        if path.is_file() and path.stat().st_size > MAX_BYTES:
            raise ScenarioError(f"{name} is larger than {MAX_BYTES >> 10} kB; a scenario is a short TOML file")
        return path.read_text("utf-8")
    except FileNotFoundError:
        raise ScenarioError(f"there is no scenario and no file {name!r}; scenarios are {known}") from None
    except UnicodeDecodeError:
        raise ScenarioError(f"{name} isn't a text file in UTF-8; a scenario is a short TOML file") from None
    except (OSError, ValueError) as error:
        if isinstance(error, ScenarioError):
            raise
        reason = error.strerror if isinstance(error, OSError) else error
        raise ScenarioError(f"{name!r} can't be read: {reason}; scenarios are {known}") from None


def parse(text: str, source: str) -> Scenario:
    """A scenario from TOML. Raises `ScenarioError`, which begins with `source`."""
    try:
        values = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise ScenarioError(f"{source} isn't valid TOML: {error}") from None
    return validate(values, f"{source}: ")


def validate(values: dict[str, Any], prefix: str = "") -> Scenario:
    """A scenario from what TOML says. Raises `ScenarioError`."""
    try:
        # JSON's strict mode takes lists for tuples and whole numbers for others, but no text for a number.
        return Scenario.model_validate_json(json.dumps(values, default=str), strict=True)
    except ValidationError as error:
        raise ScenarioError(prefix + explain(error.errors(include_url=False)[0])) from None


def explain(error: ErrorDetails) -> str:
    """What is wrong with which setting, and what is allowed."""
    path = _path(error["loc"])
    if error["type"] == "value_error":
        sentence = str(error["ctx"]["error"])
        return f"{path}: {sentence}" if path else sentence
    if error["type"] == "extra_forbidden":
        names = ", ".join(_model_at(error["loc"][:-1]).model_fields)
        return f"{path}: there is no such setting; there are {names}"
    field = _field_at(error["loc"])
    given = json.dumps(error["input"], default=str, ensure_ascii=False)
    shown = f" {given}" if len(given) <= 60 else ""
    return f"{path}:{shown} isn't allowed, only {allowed(field)}"


def _path(location: tuple[int | str, ...]) -> str:
    """As in `groups[1].network.loss`; groups are counted from 1, as people count them."""
    path = ""
    for part in location:
        path += f"[{part + 1}]" if isinstance(part, int) else f".{part}" if path else part
    return path


def _field_at(location: tuple[int | str, ...]) -> FieldInfo:
    """The field at a place of a scenario; that of the list for one of its items that isn't a table."""
    names = [part for part in location if isinstance(part, str)]
    return _model_at(names[:-1]).model_fields[names[-1]]


def _model_at(location: "tuple[int | str, ...] | list[str]") -> type[BaseModel]:
    model: type[BaseModel] = Scenario
    for part in location:
        if isinstance(part, str):
            model = inner_model(model.model_fields[part])
    return model


def inner_model(field: FieldInfo) -> type[BaseModel]:
    """The model that a field holds, one or several of. Raises `TypeError` for other fields."""
    kind = field.annotation
    for each in (kind, *getattr(kind, "__args__", ())):
        if isinstance(each, type) and issubclass(each, BaseModel):
            return each
    raise TypeError(f"{kind} holds no table")
