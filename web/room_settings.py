"""Settings of rooms between the store, which keeps them by their names, and the models that tell of them."""

from typing import Any, TypeVar

from pydantic import BaseModel

from signaling.messages import Room as RoomInfo
from signaling.messages.room_settings import AllSettings, PreviewSettings
from signaling.text import clean_line
from storage import records

Model = TypeVar("Model", bound=BaseModel)


def stored_settings(room: records.Room) -> AllSettings:
    """The settings of a stored room."""
    return AllSettings(**room.settings)


def info_of(room: records.Room) -> RoomInfo:
    """A stored room as its participants see it."""
    settings = stored_settings(room)
    # Titles were stored before texts were looked at.
    return fill(RoomInfo, settings, id=room.id, code=room.code, title=clean_line(settings.title))


def fill(model: type[Model], settings: PreviewSettings, **other: Any) -> Model:
    """Make a model that tells of settings: it takes those that it has a field for. `other` comes first."""
    names = AllSettings.model_fields.keys() & model.model_fields.keys()
    return model(**{name: getattr(settings, name) for name in names} | other)
