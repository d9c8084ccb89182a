"""Settings of rooms: converts between the store, which keeps them by name, and the models that show them."""

from typing import Any, TypeVar

from pydantic import BaseModel

from signaling.messages import Room as RoomInfo
from signaling.messages.room_settings import AllSettings, PreviewSettings
from signaling.text import clean_line
from storage import records

Model = TypeVar("Model", bound=BaseModel)


def stored_settings(room: records.Room) -> AllSettings:
    """Return the settings of a stored room."""
    return AllSettings(**room.settings)


def info_of(room: records.Room) -> RoomInfo:
    """Return a stored room as its participants see it."""
    settings = stored_settings(room)
    # The title may have been stored before texts were checked.
    return fill(RoomInfo, settings, id=room.id, code=room.code, title=clean_line(settings.title))


def fill(model: type[Model], settings: PreviewSettings, **other: Any) -> Model:
    """Make a model from the settings that it has fields for, and from `other`, which takes precedence."""
    names = AllSettings.model_fields.keys() & model.model_fields.keys()
    return model(**{name: getattr(settings, name) for name in names} | other)
