"""What crosses between rooms and media are values: frozen, and JSON."""

import dataclasses
import inspect
from collections.abc import Iterator
from typing import Any, get_args, get_type_hints

import pytest
from pydantic import TypeAdapter

from sfu import plane
from sfu.plane import MediaPlane, PlaneEvent

COMMANDS = [name for name, _ in inspect.getmembers(MediaPlane, inspect.isfunction) if not name.startswith("_")]
VALUES = [value for _, value in inspect.getmembers(plane, dataclasses.is_dataclass)]


def crossing() -> Iterator[Any]:
    """All types that commands take and give, and all events."""
    for command in COMMANDS:
        hints = get_type_hints(getattr(MediaPlane, command))
        yield from (hint for hint in hints.values() if hint is not type(None))
    yield from get_args(PlaneEvent)


def test_the_plane_has_the_commands_that_rooms_need() -> None:
    assert COMMANDS == ["connect", "disconnect", "mute", "publish", "unpublish", "watch"]
    assert len(get_args(PlaneEvent)) == 6


@pytest.mark.parametrize("kind", list(crossing()), ids=str)
def test_whatever_crosses_has_a_form_in_json(kind: Any) -> None:
    assert TypeAdapter(kind).json_schema()


@pytest.mark.parametrize("value", VALUES)
def test_no_value_can_be_changed(value: Any) -> None:
    assert value.__dataclass_params__.frozen


def test_publications_are_named_after_member_and_source() -> None:
    assert plane.publication_id("a-b", "camera") == "a-b.camera"
