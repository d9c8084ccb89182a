"""The limits agree: what the server may have to say at once always fits into an outbox."""

import asyncio

import pytest

from signaling import limits, messages
from signaling.limits import MAX_VISITORS, OUTBOX_BYTES, RESUME_BYTES, WELCOME_BYTES, size_of
from signaling.mailbox import Backlog, Mailbox
from signaling.messages import Publication, Rights, Source
from signaling.outbox import Outbox
from signaling.rooms.admission import Visitor
from signaling.rooms.chat import ChatLog
from signaling.rooms.journal import SavedMessage
from signaling.rooms.participant import Participant, Person
from signaling.turns import Turns

SOURCES: tuple[Source, ...] = ("microphone", "camera", "screen", "screen_audio")
WORST_NAME = "\N{GRINNING FACE}" * 64
PERSON = Person("p" * 64, WORST_NAME, avatar="/api/avatars/" + "a" * 64, colour="#abcdef")


def _participant() -> messages.Participant:
    participant = Participant(PERSON, Rights(moderate=True), person_key="k" * 32)
    for source in SOURCES:
        participant.publications[source] = Publication(
            id=f"{participant.id}.{source}",
            participant=participant.id,
            source=source,
            kind="video",
            muted=False,
            width=16384,
            height=16384,
        )
    return participant.describe()


def _longest_welcome() -> str:
    text = "\N{GRINNING FACE}" * 4000
    saved = (SavedMessage(2**52 + n, "a", WORST_NAME, text, "b", WORST_NAME, 1e9 + n / 3) for n in range(1000))
    chat = [
        messages.ChatMessage(
            id=each.id,
            sender="x" * 8,
            sender_person="k" * 32,
            sender_name=each.sender_name,
            text=each.text,
            to="y" * 8,
            to_name=each.recipient_name,
            mine=True,
            sent_at=each.sent_at,
        )
        for each in ChatLog(saved).readable_by("a")
    ]
    everyone = [_participant()] * limits.MAX_PARTICIPANTS
    visitors = [Visitor(PERSON, lambda _: None).describe()] * MAX_VISITORS
    room = messages.Room(id="r" * 64, code="c" * 17, title="\N{GRINNING FACE}" * 100, capacity=1000)
    welcome = messages.Welcome.model_construct(
        you=everyone[0],
        rights=Rights(moderate=True),
        room=room,
        participants=everyone,
        waiting=visitors,
        chat=chat,
        ice_servers=[],
        slots=messages.SlotCounts(audio=4, video=9),
        resume_token="t" * 32,
        resume_seconds=30.0,
        last_event=2**52,
    )
    return messages.Ok(id=2**53 - 1, result=welcome).model_dump_json()


def test_the_longest_welcome_is_within_its_limit() -> None:
    size = size_of(_longest_welcome())
    assert WELCOME_BYTES / 3 < size <= WELCOME_BYTES - limits.MESSAGE_OVERHEAD


@pytest.mark.parametrize("emoji", ["x", "\N{GRINNING FACE}" * 16])
@pytest.mark.asyncio
async def test_a_welcome_and_the_longest_resume_and_all_pages_fit_into_an_outbox(emoji: str) -> None:
    outbox = Outbox(None, None, Turns())  # type: ignore[arg-type]
    mailbox = Mailbox(Backlog())
    while mailbox.kept == mailbox.last_event:
        mailbox.tell(messages.Reaction(participant="x" * 8, emoji=emoji))
    outbox.put(_longest_welcome())
    missed = mailbox.missed(mailbox.last_event - mailbox.kept)
    for seq, body in missed:
        outbox.put_event(seq, body)
    for _ in range(limits.MAX_LOOKUPS):
        outbox.put("x" * limits.PAGE_BYTES)
    assert len(missed) > 1000
    assert not outbox.finished
    outbox.put("x" * OUTBOX_BYTES)
    assert outbox.finished
    await asyncio.sleep(0)


def test_limits_are_derived_from_one_another() -> None:
    assert OUTBOX_BYTES >= WELCOME_BYTES + RESUME_BYTES + limits.MAX_LOOKUPS * limits.PAGE_BYTES
