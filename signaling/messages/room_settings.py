"""The settings of a room. Each is declared here, once: its name, type, default, limits and description.

The class that declares a setting says who can see it; each class includes those above it. The API takes all settings
and the store keeps them. The protocol, the documents and the page's types are generated from these declarations.

Every setting has a default: a client that isn't told a setting assumes that.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, create_model

from signaling.limits import MAX_PARTICIPANTS
from signaling.messages.growing import Growing
from signaling.text import CLEAN_LINE

Access = Annotated[Literal["open", "members", "waiting"], Growing()]

MAX_TITLE = 100
"""Characters."""
MIN_TTL, MAX_TTL = 60.0, 10 * 365 * 86_400.0
"""Seconds."""

Model = TypeVar("Model", bound=BaseModel)


class Limits:
    """Annotates a setting with the values that may be chosen, in pydantic's terms: see `limited`.

    Stored and sent values aren't checked against it: another version of Milanio may have had other limits.
    """

    def __init__(self, *constraints: Any) -> None:
        self.constraints = constraints


class PreviewSettings(BaseModel):
    """Settings for everyone who has the room's code."""

    model_config = ConfigDict(frozen=True)

    title: Annotated[
        str,
        Limits(StringConstraints(strip_whitespace=True, max_length=MAX_TITLE, pattern=CLEAN_LINE)),
        Field(description="the room's name, for people; may be empty"),
    ] = ""
    access: Annotated[
        Access,
        Field(
            description="open: anyone with the code can join; members: only members; waiting: members join, "
            "others wait until a host admits them"
        ),
    ] = "open"
    locked: Annotated[
        bool, Field(description="only hosts can join, and people who are back from a lost connection")
    ] = False


class JoinSettings(PreviewSettings):
    """Settings for people who ask to join."""

    start_muted: Annotated[bool, Field(description="participants join muted, except hosts")] = False
    start_camera_off: Annotated[bool, Field(description="participants join with the camera off, except hosts")] = False
    chat: Annotated[bool, Field(description="false: chat is off")] = True


class CallSettings(JoinSettings):
    """Settings for participants, in the protocol."""

    capacity: Annotated[
        int | None,
        Limits(Field(ge=2, le=MAX_PARTICIPANTS)),
        Field(description="maximum participants; null: as many as the server allows"),
    ] = None


class AllSettings(CallSettings):
    """Settings for the room's members."""

    ttl_seconds: Annotated[
        float | None,
        Limits(Field(ge=MIN_TTL, le=MAX_TTL)),
        Field(description="seconds without participants after which the room expires; null: never"),
    ] = None


NEW_ROOM: Mapping[str, Any] = AllSettings().model_dump()
"""The default settings of a new room."""


def limited(model: type[Model]) -> type[Model]:
    """Decorates a model whose settings people choose: it accepts only what the limits allow."""
    fields: dict[str, Any] = {
        name: (Annotated[field.annotation, *each.constraints], field)
        for name, field in model.model_fields.items()
        for each in field.metadata
        if isinstance(each, Limits)
    }
    return create_model(model.__name__, __base__=model, __module__=model.__module__, __doc__=model.__doc__, **fields)
