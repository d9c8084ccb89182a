"""The operator's log of calls: one line for each event in the life of a participant.

A line has ids that identify nobody outside of the call (`facts`); names and addresses are kept apart (`people`), and
are written only if the operator asks for them. `web.logs` writes both.
"""

import logging
import time
from collections.abc import Callable, Mapping
from typing import Any

from signaling import messages
from signaling.rate_limit import RateLimit
from signaling.rooms.admission import Visitor
from signaling.rooms.participant import Participant, Person

log = logging.getLogger(__name__)

Facts = Mapping[str, Any]

REFUSALS, REFUSALS_PER_SECOND = 100, 1.0
"""Lines about refusals at once, and in the long run: a client can provoke as many refusals as it likes."""


class _Refusals:
    """How many more lines may be written, and how many were skipped."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.now = clock
        self.limit = RateLimit(REFUSALS, REFUSALS_PER_SECOND)
        self.skipped = 0


_refusals = _Refusals()


def write(what: str, facts: Facts, people: Facts | None = None) -> None:
    """Write a line about an event."""
    if log.isEnabledFor(logging.INFO):
        log.info(what, extra={"facts": dict(facts), "people": dict(people or {})})


def refused(what: str, facts: Facts, people: Facts | None = None) -> None:
    """Write a line about a refusal, unless there are too many of them."""
    if not _refusals.limit.allow(_refusals.now()):
        _refusals.skipped += 1
        return
    if _refusals.skipped:
        facts = {**facts, "refusals_not_shown": _refusals.skipped}
        _refusals.skipped = 0
    write(what, facts, people)


def joined(room: str, participant: Participant, address: str) -> None:
    """Someone has joined a call."""
    write("joined", {**_who(room, participant), "guest": participant.who.guest}, _named(participant.who, address))


def came_back(room: str, participant: Participant, address: str) -> None:
    """A participant has resumed on another WebSocket."""
    write("came back", _who(room, participant), _named(participant.who, address))


def waits(room: str, visitor: Visitor, address: str) -> None:
    """Someone is waiting to be let into a room."""
    write("waits to be let in", {"room": room, "waiting": visitor.id}, _named(visitor.who, address))


def left(room: str, participant: Participant, why: str) -> None:
    """Someone has left a call."""
    write("left", {**_who(room, participant), "why": why}, _named(participant.who))


def lost(room: str, participant: Participant) -> None:
    """The WebSocket was lost without a close; the participant may resume."""
    write("lost", _who(room, participant), _named(participant.who))


def media_ended(room: str, participant: Participant, why: str, reason: str) -> None:
    """A media connection has ended. It is written only as a failure: not where the client closed it (`why`)."""
    if why != "closed":
        write("media failed", {**_who(room, participant), "why": reason}, _named(participant.who))


def moderated(room: str, host: Participant, action: messages.Action) -> None:
    """A host has moderated."""
    facts = {"room": room, "by": host.id, **action.model_dump(exclude_none=True)}
    if isinstance(action, messages.DeleteChat):
        facts["chat_message"] = facts.pop("message")
    write("moderated", facts, {"by_name": host.name})


def request_refused(
    request: messages.Request, code: str, room: str | None, who: Participant | None, address: str
) -> None:
    """A request was refused."""
    facts = {"request": type(request).__name__.lower(), "code": code}
    if room is not None:
        facts["room"] = room
    if who is not None:
        facts["participant"] = who.id
    refused("refused", facts, _address(address))


def _who(room: str, participant: Participant) -> dict[str, Any]:
    # The beginning of the person's key is enough to recognise them in the log.
    return {"room": room, "participant": participant.id, "person": participant.person_key[:12]}


def _named(person: Person, address: str = "") -> dict[str, Any]:
    return {"name": person.name, **_address(address)}


def _address(address: str) -> dict[str, Any]:
    return {"address": address} if address else {}
