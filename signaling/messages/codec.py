"""Parses messages."""

import functools
import json
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BaseModel, Field, TypeAdapter, ValidationError

from signaling.messages.events import Event, Events
from signaling.messages.growing import FROM_A_SERVER
from signaling.messages.replies import Error, Ok
from signaling.messages.requests import ClientMessage

ServerMessage = Ok | Error | Event | Events

_client: TypeAdapter[ClientMessage] = TypeAdapter(Annotated[ClientMessage, Field(discriminator="type")])


@functools.cache
def _server() -> TypeAdapter[ServerMessage]:
    """Read what servers send. Made when it is needed, which it never is in a server."""
    return TypeAdapter(Annotated[ServerMessage, Field(discriminator="type")])


class BadMessageError(ValueError):
    """A message that isn't valid in this protocol; `args[0]` says why in a sentence, `id` is its id if it had one."""

    def __init__(self, reason: str, id: int | None = None) -> None:
        super().__init__(reason)
        self.id = id


_MAX_COMMAS = 4_200
"""Commas in a message: one chat message may have 4,000 of them. No message has tens of
thousands of values, which would take long to refuse one by one."""

_MAX_MISTAKES = 20
"""The first mistake is named if there are at most so many: pydantic lists all of them first."""

_MAX_REASON = 200
"""Characters of a reason, which may quote the message."""


def _reason(error: ValidationError) -> str:
    if error.error_count() > _MAX_MISTAKES:
        return f"The message has {error.error_count()} errors."
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    where = ".".join(str(part)[:_MAX_REASON] for part in first["loc"])
    return (f"{where}: {first['msg']}" if where else str(first["msg"]))[:_MAX_REASON]


def parse_client_message(text: str | bytes) -> ClientMessage:
    """Read a client's message. Raises `BadMessageError`, and nothing else, whatever the text."""
    commas = text.count(",") if isinstance(text, str) else text.count(b",")
    if commas > _MAX_COMMAS:
        raise BadMessageError("The message has too many values.")
    try:
        return _client.validate_json(text)
    except ValidationError as error:
        raise BadMessageError(_reason(error), _readable_id(text)) from None


@dataclass(frozen=True, slots=True)
class Unknown:
    """A later server's message that this version doesn't know; ignore it."""

    seq: int | None = None
    """Its sequence number, if it is an event: count it like the others."""


def parse_server_messages(text: str | bytes) -> list[Ok | Error | Event | Unknown]:
    """Read a frame of a server, which may be of a later version. Raises `BadMessageError`.

    `events` are returned one by one. Unknown fields are dropped, unknown values of enumerations kept, and an `ok` with
    an unknown result has none.
    """
    try:
        message = _server().validate_json(text, extra="ignore", context=FROM_A_SERVER)
    except ValidationError as error:
        kinds = {each["type"] for each in error.errors(include_url=False, include_context=False, include_input=False)}
        if kinds != {"union_tag_invalid"}:
            raise BadMessageError(_reason(error)) from None
        return _partly_known(json.loads(text))
    if isinstance(message, Events):
        return [Event(seq=seq, event=event) for seq, event in enumerate(message.events, message.seq)]
    return [message]


def _partly_known(message: dict[str, Any]) -> list[Ok | Error | Event | Unknown]:
    """Read a message whose only mistake is a later version's `type`, of the message itself or of its parts."""
    match message["type"]:
        case "event":
            return [Unknown(message["seq"])]
        case "events":
            singles = [
                {"type": "event", "seq": seq, "event": event}
                for seq, event in enumerate(message["events"], message["seq"])
            ]
            return [each for single in singles for each in parse_server_messages(json.dumps(single))]
        case "ok":
            return [Ok(id=message["id"])]
        case _:
            return [Unknown()]


class _Id(BaseModel):
    id: Annotated[int, Field(strict=True, ge=0, le=2**53 - 1)]


def _readable_id(text: str | bytes) -> int | None:
    try:
        return _Id.model_validate_json(text).id
    except ValidationError:
        return None
