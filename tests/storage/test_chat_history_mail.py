import asyncio
import itertools
from dataclasses import replace

import pytest

from storage.errors import InvalidTextError, NotFoundError
from storage.records import Message
from storage.store import Store
from tests.storage.mailed import enqueue

pytestmark = pytest.mark.asyncio


_numbers = itertools.count(1)


def message(room: str, sender: str, text: str, at: float, to: str | None = None) -> Message:
    return Message(room, next(_numbers), sender, sender.title(), text, to, to and to.title(), at)


async def say(store: Store, room: str, sender: str, text: str, at: float, to: str | None = None) -> Message:
    said = message(room, sender, text, at, to)
    assert await store.chat.add(said)
    return said


async def test_chat_in_pages_backwards(store: Store) -> None:
    room = (await store.rooms.create("abc", None, 1.0)).id
    elsewhere = (await store.rooms.create("def", None, 1.0)).id
    said = [await say(store, room, "p", f"message {n}", float(n)) for n in range(7)]
    await say(store, elsewhere, "p", "elsewhere", 1.0)
    last = await store.chat.page(room, "q", limit=3)
    assert last == said[4:]
    assert await store.chat.page(room, "q", before=last[0].id, limit=3) == said[1:4]
    assert await store.chat.page(room, "q", before=said[1].id, limit=3) == said[:1]
    assert await store.chat.page(room, "q", before=said[0].id) == []
    assert await store.chat.page(room, "q", before=10**30) == said
    assert await store.chat.page(room, "q", before=-(10**30)) == []
    assert not await store.chat.delete(room, 10**30, 1.0, "p")
    assert await store.chat.page(room, "q", limit=0) == []
    assert await store.chat.page(room, "q", limit=-1) == []


async def test_a_message_that_is_kept_already_is_not_kept_twice(store: Store) -> None:
    room = (await store.rooms.create("abc", None, 1.0)).id
    elsewhere = (await store.rooms.create("def", None, 1.0)).id
    said = await say(store, room, "p", "once", 1.0)
    assert not await store.chat.add(said)
    assert await store.chat.add(replace(said, room_id=elsewhere))
    assert await store.chat.page(room, "p") == [said]


async def test_a_message_sent_again_is_kept_once(store: Store) -> None:
    room = (await store.rooms.create("abc", None, 1.0)).id
    elsewhere = (await store.rooms.create("def", None, 1.0)).id
    first = replace(message(room, "p", "once", 1.0), client_id="c1")
    assert await store.chat.add(first)
    again = replace(message(room, "p", "once", 2.0), client_id="c1")
    assert not await store.chat.add(again)
    others = [
        replace(again, client_id="c2"),
        replace(message(room, "q", "somebody else's", 3.0), client_id="c1"),
        message(room, "p", "without an id", 4.0),
        message(room, "p", "without an id", 5.0),
    ]
    for other in (*others, replace(message(elsewhere, "p", "elsewhere", 6.0), client_id="c1")):
        assert await store.chat.add(other)
    assert await store.chat.page(room, "p") == [first, *others]
    sent = await store.chat.sent(room, limit=10)
    assert [(each.id, each.sender_id, each.client_id) for each in sent] == [
        (first.id, "p", "c1"),
        (again.id, "p", "c2"),
        (others[1].id, "q", "c1"),
    ]
    assert await store.chat.sent(room, limit=1) == sent[-1:]
    assert await store.chat.delete(room, first.id, 7.0, "p")
    assert not await store.chat.add(again)


async def test_a_message_sent_again_through_another_process_is_kept_once(store: Store, other: Store) -> None:
    room = (await store.rooms.create("abc", None, 1.0)).id
    said = [replace(message(room, "p", f"message {n}", float(n)), client_id=str(n % 5)) for n in range(20)]
    done = await asyncio.gather(*((store, other)[n % 2].chat.add(each) for n, each in enumerate(said)))
    assert sum(done) == 5
    assert {each.client_id for each in await store.chat.page(room, None)} == {"0", "1", "2", "3", "4"}


async def test_who_keeps_the_room_in_memory_gets_every_message(store: Store) -> None:
    room = (await store.rooms.create("abc", None, 1.0)).id
    private = await say(store, room, "anna", "to Ben", 2.0, to="ben")
    assert await store.chat.page(room, None) == [private]


async def test_private_messages_are_for_two(store: Store) -> None:
    room = (await store.rooms.create("abc", None, 1.0)).id
    everyone = await say(store, room, "anna", "to all", 1.0)
    private = await say(store, room, "anna", "to Ben", 2.0, to="ben")
    assert await store.chat.page(room, "anna") == [everyone, private]
    assert await store.chat.page(room, "ben") == [everyone, private]
    assert await store.chat.page(room, "eve") == [everyone]
    assert await store.chat.by_id(room, private.id) == private


async def test_a_deleted_message_has_no_text(store: Store) -> None:
    room = (await store.rooms.create("abc", None, 1.0)).id
    said = await say(store, room, "anna", "oops", 1.0)
    assert not await store.chat.delete("elsewhere", said.id, 2.0, "anna")
    assert await store.chat.delete(room, said.id, 2.0, "host")
    assert not await store.chat.delete(room, said.id, 3.0, "host")
    (left,) = await store.chat.page(room, "ben")
    assert (left.id, left.text, left.deleted_at) == (said.id, "", 2.0)


@pytest.mark.parametrize(("by", "deleted"), [("anna", True), ("ben", True), ("host", False)])
async def test_a_private_message_is_deleted_by_those_who_may_read_it(store: Store, by: str, deleted: bool) -> None:
    room = (await store.rooms.create("abc", None, 1.0)).id
    said = await say(store, room, "anna", "for Ben", 1.0, "ben")
    assert await store.chat.delete(room, said.id, 2.0, by) is deleted
    (left,) = await store.chat.page(room, "ben")
    assert (left.text == "") is deleted
    assert await store.chat.by_id(room, said.id + 1) is None


async def test_text_is_kept_whole_or_refused(store: Store) -> None:
    room = (await store.rooms.create("abc", None, 1.0)).id
    long = "👩‍👩‍👧x" * 3333
    assert (await say(store, room, "p", long, 1.0)).text == long
    for text in ("a\0b", "\udc00", "x" * 20_001):
        with pytest.raises(InvalidTextError):
            await say(store, room, "p", text, 1.0)
    with pytest.raises(NotFoundError):
        await say(store, "nothing", "p", "text", 1.0)
    assert [message.text for message in await store.chat.page(room, "p")] == [long]


async def test_history(store: Store) -> None:
    room = (await store.rooms.create("abc", None, 1.0)).id
    events = [await store.history.add(room, "p", "P", kind, 1.0) for kind in ("joined", "left", "banned")]
    assert await store.history.page(room) == events
    assert await store.history.page(room, limit=2) == events[1:]
    assert await store.history.page(room, before=events[1].id) == events[:1]
    with pytest.raises(NotFoundError):
        await store.history.add("nothing", "p", "P", "joined", 1.0)
    later = await store.history.add(room, "p", "P", "joined", 5.0)
    assert await store.history.purge(5.0) == 3
    assert await store.history.page(room) == [later]


async def test_mail_is_claimed_sent_and_forgotten(store: Store) -> None:
    first = await enqueue(store, "a@x.org", "Hello", "text", "<p>html</p>", 10.0)
    second = await enqueue(store, "b@x.org", "Hello", "text", "<p>html</p>", 11.0)
    assert await store.mail.waiting() == 2
    assert await store.mail.claim_due(9.0) == []
    claimed = await store.mail.claim_due(12.0, lease=60.0)
    assert [mail.id for mail in claimed] == [first, second]
    assert (claimed[0].recipient, claimed[0].subject, claimed[0].text) == ("a@x.org", "Hello", "text")
    assert (claimed[0].html, claimed[0].attempts, claimed[0].created_at) == ("<p>html</p>", 1, 10.0)
    assert await store.mail.claim_due(13.0) == []
    assert await store.mail.done(first, 13.0)
    assert await store.mail.failed(second, "451 \0 later \ud800" + "x" * 9999, 20.0)
    (again,) = await store.mail.claim_due(20.0, lease=60.0)
    assert (again.id, again.attempts) == (second, 2)
    (after_a_crash,) = await store.mail.claim_due(80.0)
    assert (after_a_crash.id, after_a_crash.attempts) == (second, 3)
    assert await store.mail.failed(second, "550 no such user", None)
    assert await store.mail.waiting() == 0
    assert not await store.mail.failed(first, "too late", 1.0)
    assert await store.mail.claim_due(1e12) == []
    assert not await store.mail.done(999, 1.0)
    assert await store.mail.purge(11.0) == 1
    assert await store.mail.purge(12.0) == 1


async def test_mail_is_claimed_by_one_of_many(store: Store, other: Store) -> None:
    ids = [await enqueue(store, "a@x.org", "s", "t", "h", 1.0) for _ in range(30)]
    claims = await asyncio.gather(*(s.mail.claim_due(2.0, limit=7) for s in (store, other) * 4))
    claimed = [mail.id for claim in claims for mail in claim]
    assert len(claimed) == len(set(claimed))
    while more := await store.mail.claim_due(2.0, limit=7):
        claimed += [mail.id for mail in more]
    assert sorted(claimed) == ids
