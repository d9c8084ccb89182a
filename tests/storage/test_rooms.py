import asyncio
from typing import Any

import pytest

from signaling.messages.room_settings import NEW_ROOM
from storage.errors import CodeTakenError, InvalidTextError, NotFoundError
from storage.records import Message
from storage.store import Store

pytestmark = pytest.mark.asyncio


async def someone(store: Store, email: str = "a@x.org") -> str:
    return (await store.users.create(email, email[0].upper(), "h", 1.0)).id


async def test_a_room_with_defaults_and_with_settings(store: Store) -> None:
    owner = await someone(store)
    plain = await store.rooms.create("abc", None, 5.0)
    assert (plain.owner_id, plain.settings, plain.state) == (None, NEW_ROOM, "created")
    assert (plain.expires_at, plain.ended_at) == (None, None)
    settings: dict[str, Any] = {
        "title": "Stand-up 🌞",
        "access": "waiting",
        "locked": True,
        "capacity": 12,
        "start_muted": True,
        "start_camera_off": True,
        "chat": False,
        "ttl_seconds": 60.0,
    }
    room = await store.rooms.create("def", owner, 10.0, **settings)
    assert room.settings == settings
    assert (room.created_at, room.last_active_at, room.expires_at) == (10.0, 10.0, 70.0)
    assert await store.rooms.by_id(room.id) == room
    assert await store.rooms.by_code("def") == room
    assert await store.rooms.by_code("nothing") is None
    assert await store.rooms.by_id("nothing") is None
    assert await store.rooms.of_user(owner, 10) == ([(room, "host")], 1)
    assert [(member.user_id, member.name, member.role) for member in await store.rooms.members(room.id)] == [
        (owner, "A", "host")
    ]
    with pytest.raises(NotFoundError):
        await store.rooms.create("ghi", "nobody", 1.0)
    with pytest.raises(InvalidTextError):
        await store.rooms.create("ghi", None, 1.0, title="x\0")


async def test_a_code_is_taken_once(store: Store, other: Store) -> None:
    made = await asyncio.gather(
        *(s.rooms.create("same", None, 1.0) for s in (store, other) * 2), return_exceptions=True
    )
    assert sum(isinstance(one, CodeTakenError) for one in made) == 3


async def test_update_changes_what_is_given(store: Store) -> None:
    room = await store.rooms.create("abc", None, 10.0, title="Old")
    changed = await store.rooms.update(room.id, title="New", ttl_seconds=5.0)
    assert changed is not None
    assert changed.settings == {**NEW_ROOM, "title": "New", "ttl_seconds": 5.0}
    assert changed.expires_at == 15.0
    changed = await store.rooms.update(room.id, ttl_seconds=None, locked=True)
    assert changed is not None
    assert changed.settings == {**NEW_ROOM, "title": "New", "locked": True}
    assert changed.expires_at is None
    assert await store.rooms.update(room.id) == changed
    assert await store.rooms.update("nothing", title="x") is None


async def test_the_life_of_a_room(store: Store) -> None:
    room = await store.rooms.create("abc", None, 10.0, ttl_seconds=5.0)
    assert await store.rooms.set_state(room.id, "active", 12.0)
    assert await store.rooms.touch([room.id, "nothing"], 14.0) == 1
    found = await store.rooms.by_id(room.id)
    assert found is not None
    assert (found.state, found.last_active_at, found.expires_at) == ("active", 14.0, 19.0)
    assert await store.rooms.set_state(room.id, "waiting", 16.0)
    assert await store.rooms.expire_due(20.0) == []
    (ended,) = await store.rooms.expire_due(21.0)
    assert (ended.id, ended.state, ended.ended_at) == (room.id, "expired", 21.0)
    assert await store.rooms.expire_due(22.0) == []
    assert not await store.rooms.set_state(room.id, "active", 23.0)
    assert await store.rooms.touch([room.id], 23.0) == 0
    assert await store.rooms.touch([], 23.0) == 0
    assert await store.rooms.set_state(room.id, "destroyed", 24.0)
    assert not await store.rooms.set_state(room.id, "destroyed", 25.0)
    assert not await store.rooms.set_state(room.id, "active", 25.0)
    assert not await store.rooms.set_state("nothing", "active", 25.0)
    lasting = await store.rooms.create("def", None, 1.0)
    assert await store.rooms.set_state(lasting.id, "active", 2.0)
    assert await store.rooms.expire_due(1e12) == []


async def test_each_room_expires_for_one_caller(store: Store, other: Store) -> None:
    rooms = {(await store.rooms.create(f"r{n}", None, 1.0, ttl_seconds=1.0)).id for n in range(20)}
    results = await asyncio.gather(*(s.rooms.expire_due(5.0) for s in (store, other) * 2))
    ended = [room.id for result in results for room in result]
    assert sorted(ended) == sorted(rooms)


async def test_delete_takes_everything_along(store: Store) -> None:
    owner = await someone(store)
    room = await store.rooms.create("abc", owner, 1.0)
    await store.rooms.ban(room.id, "p", "P", owner, 1.0)
    await store.chat.add(Message(room.id, 1, "p", "P", "text", None, None, 1.0))
    await store.history.add(room.id, "p", "P", "joined", 1.0)
    assert await store.rooms.delete(room.id)
    assert not await store.rooms.delete(room.id)
    assert await store.chat.page(room.id, "p") == []
    assert await store.history.page(room.id) == []
    assert await store.rooms.bans(room.id) == []
    assert await store.rooms.members(room.id) == []


async def test_rooms_of_somebody_come_in_pages_the_latest_used_first(store: Store) -> None:
    anna, ben = await someone(store), await someone(store, "b@x.org")
    ids = [(await store.rooms.create(f"room {number}", anna, float(number))).id for number in range(5)]
    for room in ids[:3]:
        await store.rooms.add_member(room, ben, "member", 9.0)
    own = (await store.rooms.create("own", ben, 2.5)).id
    await store.rooms.set_state(ids[0], "expired", 9.0)

    async def listed(user: str, limit: int, offset: int, owned: bool = False) -> tuple[list[tuple[str, str]], int]:
        found, count = await store.rooms.of_user(user, limit, offset, owned=owned)
        return [(room.id, role) for room, role in found], count

    assert await listed(anna, 2, 0) == ([(ids[4], "host"), (ids[3], "host")], 4)
    assert await listed(anna, 2, 2) == ([(ids[2], "host"), (ids[1], "host")], 4)
    assert await listed(anna, 2, 4) == ([], 4)
    assert await listed(ben, 9, 0) == ([(own, "host"), (ids[2], "member"), (ids[1], "member")], 3)
    assert await listed(ben, 9, 0, owned=True) == ([(own, "host")], 1)
    assert await listed("nobody", 9, 0) == ([], 0)


async def test_members(store: Store) -> None:
    anna, ben = await someone(store), await someone(store, "b@x.org")
    room = await store.rooms.create("abc", anna, 1.0)
    await store.rooms.add_member(room.id, ben, "member", 2.0)
    assert await store.rooms.role(room.id, ben) == "member"
    await store.rooms.add_member(room.id, ben, "host", 3.0)
    assert await store.rooms.role(room.id, ben) == "host"
    assert [(member.user_id, member.added_at) for member in await store.rooms.members(room.id)] == [
        (anna, 1.0),
        (ben, 2.0),
    ]
    assert await store.rooms.of_user(ben, 10) == ([(room, "host")], 1)
    assert await store.rooms.remove_member(room.id, ben)
    assert not await store.rooms.remove_member(room.id, ben)
    assert await store.rooms.role(room.id, ben) is None
    for wrong_room, wrong_user in ((room.id, "nobody"), ("nothing", ben)):
        with pytest.raises(NotFoundError):
            await store.rooms.add_member(wrong_room, wrong_user, "member", 1.0)


async def test_bans(store: Store) -> None:
    anna, ben = await someone(store), await someone(store, "b@x.org")
    room = await store.rooms.create("abc", anna, 1.0)
    elsewhere = await store.rooms.create("def", anna, 1.0)
    await store.rooms.add_member(room.id, ben, "member", 2.0)
    await store.rooms.ban(room.id, ben, "Ben", anna, 3.0)
    await store.rooms.ban(room.id, ben, "Ben again", anna, 4.0)
    await store.rooms.ban(room.id, "guest", "Guest", anna, 5.0)
    assert await store.rooms.role(room.id, ben) is None
    assert await store.rooms.bans(elsewhere.id) == []
    assert [(ban.name, ban.banned_at) for ban in await store.rooms.bans(room.id)] == [
        ("Guest", 5.0),
        ("Ben again", 4.0),
    ]
    assert await store.rooms.unban(room.id, ben)
    assert not await store.rooms.unban(room.id, ben)
    assert [ban.person_id for ban in await store.rooms.bans(room.id)] == ["guest"]
    with pytest.raises(NotFoundError):
        await store.rooms.ban("nothing", ben, "Ben", anna, 1.0)


async def test_all_rooms_in_pages_with_their_owners(store: Store) -> None:
    owner = await someone(store)
    for number in range(5):
        room = await store.rooms.create(f"code{number}", owner if number % 2 else None, float(number))
        await store.rooms.set_state(room.id, "destroyed" if number == 3 else "waiting", 100.0 - number)
    pages = [await store.rooms.all(2, offset) for offset in (0, 2, 4, 6)]
    assert [[room.code for room, _ in page] for page in pages] == [
        ["code0", "code1"],
        ["code2", "code3"],
        ["code4"],
        [],
    ]
    assert [email for _, email in await store.rooms.all()] == [None, "a@x.org", None, "a@x.org", None]
    first, _ = pages[0][0]
    assert first == await store.rooms.by_code("code0")


async def test_invitations_make_members_of_those_who_come(store: Store) -> None:
    owner = await someone(store)
    rooms = [(await store.rooms.create(code, owner, 1.0)).id for code in ("abc", "def")]
    await store.rooms.invite(rooms[0], "Ben@X.org", "member", 2.0)
    await store.rooms.invite(rooms[0], "ben@x.org", "host", 3.0)
    await store.rooms.invite(rooms[1], "ben@x.org", "member", 3.0)
    await store.rooms.invite(rooms[1], "eve@x.org", "member", 4.0)
    assert [(each.email, each.role) for each in await store.rooms.invitations(rooms[0])] == [("ben@x.org", "host")]
    assert await store.rooms.uninvite(rooms[1], "EVE@x.org")
    assert not await store.rooms.uninvite(rooms[1], "eve@x.org")
    ben = await someone(store, "ben@x.org")
    assert await store.rooms.accept(ben, "ben@x.org", 5.0) == 0
    assert len(await store.rooms.invitations(rooms[0])) == 1
    await store.users.verify(ben, 5.0)
    assert await store.rooms.accept(ben, "BEN@x.org", 5.0) == 2
    assert await store.rooms.accept(ben, "ben@x.org", 5.0) == 0
    assert [await store.rooms.role(room, ben) for room in rooms] == ["host", "member"]
    assert {room.id: role for room, role in (await store.rooms.of_user(ben, 10))[0]} == dict(
        zip(rooms, ("host", "member"), strict=True)
    )
    assert await store.rooms.invitations(rooms[0]) == []
    await store.rooms.invite(rooms[0], "ben@x.org", "member", 6.0)
    assert await store.rooms.accept(ben, "ben@x.org", 7.0) == 1
    assert await store.rooms.role(rooms[0], ben) == "host"
    with pytest.raises(NotFoundError):
        await store.rooms.invite("nothing", "ben@x.org", "member", 1.0)


async def test_the_token_of_an_invitation_is_good_once(store: Store, other: Store) -> None:
    owner = await someone(store)
    room = await store.rooms.create("abc", owner, 1.0)
    old = await store.rooms.invite(room.id, "ben@x.org", "member", 2.0)
    token = await store.rooms.invite(room.id, "ben@x.org", "host", 3.0)
    people = [await someone(store, f"{name}@x.org") for name in ("eve", "ben")]
    assert await store.rooms.accept_token(people[0], old, 4.0) is None
    assert await store.rooms.accept_token("nobody", token, 4.0) is None
    stores = (store, other)
    found = await asyncio.gather(*(stores[n].rooms.accept_token(people[n], token, 4.0) for n in (0, 1)))
    assert sorted(each is None for each in found) == [False, True]
    roles = [await store.rooms.role(room.id, person) for person in people]
    assert sorted(roles, key=str) == sorted(("host", None), key=str)
    assert await store.rooms.invitations(room.id) == []
    member = await store.rooms.invite(room.id, "owner@x.org", "member", 5.0)
    assert await store.rooms.uninvite(room.id, "owner@x.org")
    assert await store.rooms.accept_token(people[0], member, 6.0) is None


async def test_after_a_crash_nobody_is_in_a_room(store: Store) -> None:
    rooms = [(await store.rooms.create(code, None, 1.0, ttl_seconds=10.0)).id for code in ("a", "b", "c")]
    await store.rooms.set_state(rooms[0], "active", 2.0)
    await store.rooms.set_state(rooms[1], "destroyed", 2.0)
    assert await store.rooms.all_left(50.0) == 1
    assert await store.rooms.states([*rooms, "nothing"]) == dict(
        zip(rooms, ("waiting", "destroyed", "created"), strict=True)
    )
    left = await store.rooms.by_id(rooms[0])
    assert left is not None
    assert (left.last_active_at, left.expires_at) == (50.0, 60.0)


async def test_rooms_that_ended_long_ago_are_deleted(store: Store) -> None:
    rooms = [(await store.rooms.create(code, None, 1.0)).id for code in ("a", "b", "c")]
    await store.rooms.set_state(rooms[0], "destroyed", 10.0)
    await store.rooms.set_state(rooms[1], "destroyed", 20.0)
    assert await store.rooms.purge(20.0) == 1
    assert set(await store.rooms.states(rooms)) == set(rooms[1:])
