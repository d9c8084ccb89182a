"""The operator's log of calls: one line for each thing that happens to people in them.

A line has ids that say nothing about anybody (`facts`); names and addresses are kept apart (`people`), for an operator
who asks for them. `web.logs` writes both.
"""

import logging
import time
from collections.abc import Mapping
from typing import Any

from signaling import messages
from signaling.rate_limit import RateLimit
from signaling.rooms.admission import Visitor
from signaling.rooms.participant import Participant, Person

log = logging.getLogger(__name__)

Facts = Mapping[str, Any]

REFUSALS, REFUSALS_PER_SECOND = 100, 1.0
"""Lines of refusals at once, and in the long run: anybody may be refused as often as they like."""


class _Refusals:
    """How many lines may still be written, and how many weren't."""

    def __init__(self) -> None:
        self.limit = RateLimit(REFUSALS, REFUSALS_PER_SECOND)
        self.skipped = 0


_refusals = _Refusals()


def write(what: str, facts: Facts, people: Facts | None = None) -> None:
    """Write that something has happened."""
    if log.isEnabledFor(logging.INFO):
        log.info(what, extra={"facts": dict(facts), "people": dict(people or {})})


def refused(what: str, facts: Facts, people: Facts | None = None) -> None:
    """Write that somebody was refused something, unless that happens too often."""
    if not _refusals.limit.allow(time.monotonic()):
        _refusals.skipped += 1
        return
    if _refusals.skipped:
        facts = {**facts, "refusals_not_shown": _refusals.skipped}
        _refusals.skipped = 0
    write(what, facts, people)


def joined(room: str, participant: Participant, address: str) -> None:
    """Somebody is in a call."""
    write("joined", {**_who(room, participant), "guest": participant.who.guest}, _named(participant.who, address))


def came_back(room: str, participant: Participant, address: str) -> None:
    """Somebody goes on in a call, by another connection for signaling."""
    write("came back", _who(room, participant), _named(participant.who, address))


def waits(room: str, visitor: Visitor, address: str) -> None:
    """Somebody waits before a room."""
    write("waits to be let in", {"room": room, "waiting": visitor.id}, _named(visitor.who, address))


def left(room: str, participant: Participant, why: str) -> None:
    """Somebody is in a call no more."""
    write("left", {**_who(room, participant), "why": why}, _named(participant.who))


def lost(room: str, participant: Participant) -> None:
    """The connection for signaling is gone without a word; the participant may come back."""
    write("lost", _who(room, participant), _named(participant.who))


def media_ended(room: str, participant: Participant, why: str, reason: str) -> None:
    """A media connection is over. Only where its client didn't close it (`why`), something has failed."""
    if why != "closed":
        write("media failed", {**_who(room, participant), "why": reason}, _named(participant.who))


def moderated(room: str, host: Participant, action: messages.Action) -> None:
    """A host has done something to others."""
    facts = {"room": room, "by": host.id, **action.model_dump(exclude_none=True)}
    if isinstance(action, messages.DeleteChat):
        facts["chat_message"] = facts.pop("message")
    write("moderated", facts, {"by_name": host.name})


def request_refused(
    request: messages.Request, code: str, room: str | None, who: Participant | None, address: str
) -> None:
    """A message wasn't carried out."""
    facts = {"request": type(request).__name__.lower(), "code": code}
    if room is not None:
        facts["room"] = room
    if who is not None:
        facts["participant"] = who.id
    refused("refused", facts, _address(address))


def _who(room: str, participant: Participant) -> dict[str, Any]:
    # Of the person's key, enough to know them again in the log.
    return {"room": room, "participant": participant.id, "person": participant.person_key[:12]}


def _named(person: Person, address: str = "") -> dict[str, Any]:
    return {"name": person.name, **_address(address)}


def _address(address: str) -> dict[str, Any]:
    return {"address": address} if address else {}
