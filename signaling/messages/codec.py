"""From text to messages."""

import json
from dataclasses import dataclass
from typing import Annotated

from pydantic import BaseModel, Field, TypeAdapter, ValidationError

from signaling.messages.events import Event
from signaling.messages.growing import FROM_A_SERVER
from signaling.messages.replies import Error, Ok
from signaling.messages.requests import ClientMessage

ServerMessage = Ok | Error | Event

_client: TypeAdapter[ClientMessage] = TypeAdapter(Annotated[ClientMessage, Field(discriminator="type")])
_server: TypeAdapter[ServerMessage] = TypeAdapter(Annotated[ServerMessage, Field(discriminator="type")])


class BadMessageError(ValueError):
    """A message that is not of this protocol; `args[0]` says why in a sentence, `id` is its id where it had one."""

    def __init__(self, reason: str, id: int | None = None) -> None:
        super().__init__(reason)
        self.id = id


def _reason(error: ValidationError) -> str:
    first = error.errors(include_url=False, include_input=False)[0]
    where = ".".join(str(part) for part in first["loc"])
    return f"{where}: {first['msg']}" if where else str(first["msg"])


def parse_client_message(text: str | bytes) -> ClientMessage:
    """Read what a client sent. Raises `BadMessageError`, and nothing else, whatever the text."""
    try:
        return _client.validate_json(text)
    except ValidationError as error:
        raise BadMessageError(_reason(error), _readable_id(text)) from None


@dataclass(frozen=True, slots=True)
class Unknown:
    """A message that a later server sends and this version doesn't know: to be ignored."""

    seq: int | None = None
    """Its number, if it is an event: it counts like the others."""


def parse_server_message(text: str | bytes) -> ServerMessage | Unknown:
    """Read a message from a server, which may be of a later version. Raises `BadMessageError`.

    Unknown fields are dropped, unknown values of enumerations kept, and an `ok` with an unknown result has none.
    """
    try:
        return _server.validate_json(text, extra="ignore", context=FROM_A_SERVER)
    except ValidationError as error:
        kinds = {each["type"] for each in error.errors(include_url=False, include_context=False, include_input=False)}
        if kinds != {"union_tag_invalid"}:
            raise BadMessageError(_reason(error)) from None
    # All that is wrong with it is a `type` from the future, of the message itself or of what it holds.
    message = json.loads(text)
    match message["type"]:
        case "event":
            return Unknown(message["seq"])
        case "ok":
            return Ok(id=message["id"])
        case _:
            return Unknown()


class _Id(BaseModel):
    id: Annotated[int, Field(strict=True, ge=0, le=2**53 - 1)]


def _readable_id(text: str | bytes) -> int | None:
    try:
        return _Id.model_validate_json(text).id
    except ValidationError:
        return None
