"""What a field of a scenario takes, in words: for errors, the help of flags, and the tables of the documentation."""

import types
from collections.abc import Iterable
from typing import Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo


def allowed(field: FieldInfo) -> str:
    """The values that a field takes, as in `a number from 0 to 100`."""
    kind = field.annotation
    if get_origin(kind) is Literal:
        return _choice(get_args(kind))
    if kind is bool:
        return "true or false"
    if kind in (int, float):
        return f"{'a whole number' if kind is int else 'a number'}{_range(field)}"
    if kind is str:
        return _text(field)
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return f"a table of {_names(kind)}"
    if get_origin(kind) is tuple:
        return f"a list of tables, {_bound(field, 'min_length')} to {_bound(field, 'max_length')}"
    if get_origin(kind) in (Union, types.UnionType):
        return "see the documentation"
    return str(kind)


def _choice(values: Iterable[Any]) -> str:
    shown = [str(value) for value in values]
    return f"{', '.join(shown[:-1])} or {shown[-1]}"


def _names(model: type[BaseModel]) -> str:
    return _choice(model.model_fields).replace(" or ", " and ")


def _bound(field: FieldInfo, name: str) -> Any:
    return next((getattr(each, name) for each in field.metadata if getattr(each, name, None) is not None), None)


def _range(field: FieldInfo) -> str:
    low, above = _bound(field, "ge"), _bound(field, "gt")
    high, below = _bound(field, "le"), _bound(field, "lt")
    start = f"from {_number(low)}" if low is not None else f"above {_number(above)}" if above is not None else ""
    if high is not None:
        end = f"to {_number(high)}" if low is not None else f"up to {_number(high)}"
    elif below is not None and low is not None:
        end = f"to {_number(below - 1)}" if isinstance(below, int) else f"below {_number(below)}"
    else:
        end = ""
    if low is not None and not end:
        end = "up"
    words = " ".join(word for word in (start, end) if word)
    return f" {words}" if words else ""


def _number(value: float) -> str:
    return f"{value:,}" if abs(value) < 10**9 else f"{value}"


def _text(field: FieldInfo) -> str:
    longest = _bound(field, "max_length")
    if _bound(field, "pattern") is not None:
        return "lower-case letters, digits, spaces, - and _, 40 at most"
    return "text" if longest is None else f"text of {longest} characters at most"
