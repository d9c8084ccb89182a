"""Rooms over HTTP, on both databases."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any

import pytest
import pytest_asyncio

from signaling import messages
from signaling.client import Client, ClientError, ClientOptions
from tests.integration.api import Api
from tests.integration.conftest import until
from web.app import Server

pytestmark = pytest.mark.asyncio


@pytest.fixture
def server(server_on_each_database: Server) -> Server:
    return server_on_each_database


@pytest_asyncio.fixture
async def people(server: Server, url: str) -> AsyncIterator[Any]:
    """For making people: those with accounts by name, guests by `guest`."""

    class People:
        async def __call__(self, *names: str) -> list[Api]:
            return [await (await stack.enter_async_context(Api(url))).register(name) for name in names]

        async def guest(self) -> Api:
            return await stack.enter_async_context(Api(url))

        async def confirm(self, person: Api) -> None:
            """The operator knows that the address is theirs."""
            assert server.services is not None
            assert await server.services.store.users.verify(person.user["id"], 1.0)

    async with AsyncExitStack() as stack:
        yield People()


def client(url: str, code: str, person: Api | None = None, name: str = "bot") -> Client:
    token = None if person is None else person.access_token
    options = ClientOptions(audio_slots=1, video_slots=1, access_token=token, wait=10.0)
    return Client(url, room=code, name=name, options=options)


async def test_a_room_is_made_changed_and_deleted(people: Any, url: str) -> None:
    (ada,) = await people("Ada")
    room = await ada.good("POST", "/api/rooms/create", {"title": " Seminar ", "capacity": 5, "access": "waiting"})
    assert (room["title"], room["capacity"], room["role"], room["state"]) == ("Seminar", 5, "owner", "created")
    assert room["link"] == f"{url}/r/{room['code']}"
    path = f"/api/rooms/{room['id']}"
    assert await ada.good("GET", path) == room
    assert (await ada.good("GET", "/api/rooms"))["rooms"] == [room]
    changed = await ada.good("PUT", path, {"title": "Lecture", "chat": False, "ttl_seconds": 3600})
    assert (changed["title"], changed["chat"], changed["capacity"]) == ("Lecture", False, 5)
    assert changed["expires_at"] == pytest.approx(room["last_active_at"] + 3600)
    assert await ada.good("PUT", path, {}) == changed
    assert await ada.good("DELETE", path) is None
    assert await ada.refused("GET", path) == (404, "not_found")
    assert (await ada.good("GET", "/api/rooms"))["rooms"] == []
    assert await ada.refused("POST", "/api/rooms/join", {"code": room["code"]}) == (410, "room_ended")


async def test_the_list_comes_in_pages(people: Any) -> None:
    (ada,) = await people("Ada")
    made = [(await ada.good("POST", "/api/rooms/create", {"title": f"{number}"}))["id"] for number in range(5)]

    async def listed(query: str) -> tuple[list[str], int]:
        page = await ada.good("GET", f"/api/rooms{query}")
        return [room["id"] for room in page["rooms"]], page["count"]

    assert await listed("") == (made[::-1], 5)
    assert await listed("?limit=2") == ([made[4], made[3]], 5)
    assert await listed("?offset=2&limit=2") == ([made[2], made[1]], 5)
    assert await listed("?offset=4") == ([made[0]], 5)
    assert await listed(f"?offset={2**31}") == ([], 5)
    await ada.good("DELETE", f"/api/rooms/{made[3]}")
    assert await listed("?limit=2") == ([made[4], made[2]], 4)


@pytest.mark.parametrize(
    "query", ["offset=-1", f"offset={2**31 + 1}", "offset=x", "limit=0", "limit=201", "limit=", "page=2"]
)
async def test_a_page_that_there_cannot_be_is_refused(people: Any, query: str) -> None:
    (ada,) = await people("Ada")
    status, answer = await ada.call("GET", f"/api/rooms?{query}")
    assert (status, list(answer["error"]["fields"])) == (422, [query.partition("=")[0]])


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("title", "x" * 101),
        ("title", "a\nb"),
        ("title", 7),
        ("access", "nobody"),
        ("capacity", 1),
        ("capacity", 10**30),
        ("capacity", "many"),
        ("ttl_seconds", 1),
        ("ttl_seconds", 1e300),
        ("locked", "perhaps"),
        ("owner", "me"),
    ],
)
async def test_settings_that_can_not_be_are_named_and_change_nothing(people: Any, field: str, value: Any) -> None:
    (ada,) = await people("Ada")
    room = await ada.good("POST", "/api/rooms/create", {"title": "Seminar"})
    for method, path in (("POST", "/api/rooms/create"), ("PUT", f"/api/rooms/{room['id']}")):
        status, answer = await ada.call(method, path, {field: value})
        assert (status, list(answer["error"]["fields"])) == (422, [field])
    assert (await ada.good("GET", "/api/rooms"))["rooms"] == [room]


async def test_for_others_a_room_is_not_there(people: Any) -> None:
    ada, ben = await people("Ada", "Ben")
    guest = await people.guest()
    room = await ada.good("POST", "/api/rooms/create", {})
    path = f"/api/rooms/{room['id']}"
    calls: list[tuple[str, str, Any]] = [
        ("GET", path, None),
        ("PUT", path, {"title": "mine"}),
        ("DELETE", path, None),
        ("POST", f"{path}/end", None),
        ("GET", f"{path}/participants", None),
        ("GET", f"{path}/members", None),
        ("POST", f"{path}/members", {"email": "ben@example.org"}),
        ("DELETE", f"{path}/members/{ben.user['id']}", None),
        ("DELETE", f"{path}/invitations/ben@example.org", None),
        ("GET", f"{path}/bans", None),
        ("DELETE", f"{path}/bans/x", None),
        ("GET", f"{path}/messages", None),
        ("DELETE", f"{path}/messages/1", None),
        ("GET", f"{path}/history", None),
    ]
    for method, where, body in calls:
        nowhere = where.replace(room["id"], "0" * 32)
        assert await ben.call(method, where, body) == await ben.call(method, nowhere, body)
        assert await ben.refused(method, where, body) == (404, "not_found")
        assert (await guest.call(method, where, body))[0] == 401
    assert await ada.good("GET", path) == room


async def test_unknown_codes_have_one_answer(people: Any) -> None:
    guest = await people.guest()
    answers = []
    for code in ("abcde-fghjk-mnpqr", "x", "abcde", "%2e%2e", "ab\u0000", "ß" * 64):
        answers.append(await guest.call("POST", "/api/rooms/join", {"code": code, "name": "Eve"}))
    assert {status for status, _ in answers} == {404}
    assert all(answer == answers[0] for answer in answers)
    assert await guest.refused("GET", "/api/rooms/by-code/abcde-fghjk-mnpqr") == (404, "room_not_found")


async def test_members_only(people: Any, url: str) -> None:
    ada, ben = await people("Ada", "Ben")
    guest = await people.guest()
    room = await ada.good("POST", "/api/rooms/create", {"access": "members"})
    path, body = f"/api/rooms/{room['id']}", {"code": room["code"], "name": "X"}
    assert (await guest.good("GET", f"/api/rooms/by-code/{room['code']}"))["sign_in_required"] is True
    assert await guest.refused("POST", "/api/rooms/join", body) == (401, "sign_in_required")
    assert await ben.refused("POST", "/api/rooms/join", body) == (403, "members_only")
    for email in ("BEN@example.org", "nobody@example.org"):
        answer = await ada.good("POST", f"{path}/members", {"email": email})
        assert answer["link"].startswith(f"{room['link']}#invite=")
    assert (await ada.good("GET", f"{path}/members"))["invited"] == ["ben@example.org", "nobody@example.org"]
    # Anybody may register with any address here: only who has confirmed theirs is the one that is meant.
    assert await ben.refused("POST", "/api/rooms/join", body) == (403, "members_only")
    assert (await ben.good("GET", "/api/rooms"))["rooms"] == []
    await people.confirm(ben)
    await ben.good("POST", "/api/rooms/join", {"code": room["code"]})
    members = await ada.good("GET", f"{path}/members")
    assert [(each["name"], each["role"]) for each in members["members"]] == [("Ada", "owner"), ("Ben", "member")]
    assert members["invited"] == ["nobody@example.org"]
    assert (await ben.good("GET", path))["role"] == "member"
    assert await ben.refused("PUT", path, {"title": "mine"}) == (403, "not_allowed")
    assert await ada.call("DELETE", f"{path}/invitations/nobody@example.org") == (204, None)
    assert await ada.refused("DELETE", f"{path}/members/{ada.user['id']}") == (403, "not_allowed")
    assert await ben.call("DELETE", f"{path}/members/{ben.user['id']}") == (204, None)
    assert await ben.refused("GET", path) == (404, "not_found")


async def test_an_invitation_without_mail_is_for_who_has_its_link(people: Any) -> None:
    ada, eve = await people("Ada", "Eve")
    room = await ada.good("POST", "/api/rooms/create", {"access": "members"})
    path, body = f"/api/rooms/{room['id']}", {"code": room["code"]}
    invitation = {"email": "ben@example.org", "role": "host"}
    void = (await ada.good("POST", f"{path}/members", invitation))["link"].partition("#invite=")[2]
    token = (await ada.good("POST", f"{path}/members", invitation))["link"].partition("#invite=")[2]
    # A stranger registers the invited address, and has its account before its owner has one.
    stranger = await (await people.guest()).register("Mallory", "ben@example.org")
    assert await stranger.refused("POST", "/api/rooms/join", body) == (403, "members_only")
    assert await stranger.refused("GET", f"{path}/messages") == (404, "not_found")
    assert (await stranger.good("GET", "/api/rooms"))["rooms"] == []
    for made_up in (void, "made up", ""):
        answer = await stranger.refused("POST", "/api/rooms/accept", {"token": made_up})
        assert answer == (404, "bad_invitation")
    (ben,) = await people("Ben2")
    guest = await people.guest()
    assert await guest.refused("POST", "/api/rooms/accept", {"token": token}) == (401, "not_signed_in")
    answer = await ben.good("POST", "/api/rooms/accept", {"token": token})
    assert (answer["code"], answer["role"]) == (room["code"], "host")
    assert await eve.refused("POST", "/api/rooms/accept", {"token": token}) == (404, "bad_invitation")
    await ben.good("POST", "/api/rooms/join", body)
    assert (await ada.good("GET", f"{path}/members"))["invited"] == []


async def test_guests_make_rooms_that_end_after_a_day(people: Any) -> None:
    guest = await people.guest()
    room = await guest.good("POST", "/api/rooms/create", {"ttl_seconds": 10**8})
    assert (room["role"], room["ttl_seconds"]) == (None, 86_400)
    status, answer = await guest.call("POST", "/api/rooms/create", {"access": "members"})
    assert (status, list(answer["error"]["fields"])) == (422, ["access"])


async def test_the_owner_is_host_and_a_deleted_room_ends_the_call(people: Any, url: str) -> None:
    (ada,) = await people("Ada")
    room = await ada.good("POST", "/api/rooms/create", {"title": "Seminar"})
    async with client(url, room["code"], name="Ben") as ben, client(url, room["code"], ada) as host:
        assert (host.you.host, host.you.guest) == (True, False)
        await until(lambda: not ben.you.host)
        inside = (await ada.good("GET", f"/api/rooms/{room['id']}/participants"))["participants"]
        assert sorted((each["name"], each["host"], each["guest"]) for each in inside) == [
            ("Ben", False, True),
            ("bot", True, False),
        ]
        listed = (await ada.good("GET", "/api/rooms"))["rooms"][0]
        assert (listed["state"], listed["participants"], listed["expires_at"]) == ("active", 2, None)
        await ada.good("PUT", f"/api/rooms/{room['id']}", {"title": "Lecture", "chat": False})
        await until(lambda: ben.room.title == "Lecture")
        with pytest.raises(ClientError, match="can't write"):
            await ben.chat("hello")
        await ada.good("DELETE", f"/api/rooms/{room['id']}")
        await asyncio.gather(ben.ended(), host.ended())
        assert (ben.bye, host.bye) == (messages.Bye(why="room_closed"), messages.Bye(why="room_closed"))


async def test_a_call_can_be_ended_and_begun_again(people: Any, url: str) -> None:
    (ada,) = await people("Ada")
    room = await ada.good("POST", "/api/rooms/create", {})
    async with client(url, room["code"]) as ben:
        await ada.good("POST", f"/api/rooms/{room['id']}/end")
        await ben.ended()
        assert ben.bye == messages.Bye(why="ended")
    assert (await ada.good("GET", f"/api/rooms/{room['id']}"))["state"] == "waiting"
    async with client(url, room["code"]) as again:
        assert again.you.connection in ("joining", "connected")


async def test_a_member_walks_in_where_others_wait(people: Any, url: str) -> None:
    ada, ben = await people("Ada", "Ben")
    room = await ada.good("POST", "/api/rooms/create", {"access": "waiting"})
    await ada.good("POST", f"/api/rooms/{room['id']}/members", {"email": "ben@example.org"})
    await people.confirm(ben)
    guest = await people.guest()
    ticket = await guest.good("POST", "/api/rooms/join", {"code": room["code"], "name": "Cem"})
    assert ticket["waits"] is True
    assert (await ben.good("POST", "/api/rooms/join", {"code": room["code"]}))["waits"] is False
    async with client(url, room["code"], ada) as host:
        coming = asyncio.create_task((waiting := client(url, room["code"], name="Cem")).join())
        await until(lambda: host.waiting)
        (entry,) = host.waiting.values()
        assert (entry.name, entry.guest) == ("Cem", True)
        assert not coming.done()
        await host.moderate(messages.Admit(waiting=entry.id))
        await coming
        assert host.waiting == {}
        assert waiting.you.name == "Cem"
        await waiting.leave()
        refused = asyncio.create_task(client(url, room["code"], name="Eve").join())
        await until(lambda: host.waiting)
        await host.moderate(messages.Deny(waiting=next(iter(host.waiting))))
        with pytest.raises(ClientError) as caught:
            await refused
        assert caught.value.code == "denied"


async def test_bans_are_kept_and_lifted(people: Any, url: str) -> None:
    ada, ben = await people("Ada", "Ben")
    room = await ada.good("POST", "/api/rooms/create", {})
    path = f"/api/rooms/{room['id']}"
    async with client(url, room["code"], ada) as host, client(url, room["code"], ben) as banned:
        await host.moderate(messages.Ban(participant=banned.you.id))
        await banned.ended()
        assert banned.bye == messages.Bye(why="banned")
        assert await ben.refused("POST", "/api/rooms/join", {"code": room["code"]}) == (403, "banned")
        bans = (await ada.good("GET", f"{path}/bans"))["bans"]
        assert [(ban["person_id"], ban["name"]) for ban in bans] == [(ben.user["id"], "bot")]
        assert await ada.call("DELETE", f"{path}/bans/{ben.user['id']}") == (204, None)
        assert await ada.refused("DELETE", f"{path}/bans/{ben.user['id']}") == (404, "not_found")
        await ben.good("POST", "/api/rooms/join", {"code": room["code"]})


async def test_chat_is_kept_and_read_backwards_by_those_it_is_for(people: Any, url: str) -> None:
    ada, ben = await people("Ada", "Ben")
    room = await ada.good("POST", "/api/rooms/create", {})
    path = f"/api/rooms/{room['id']}"
    async with client(url, room["code"], ada) as host, client(url, room["code"], ben) as other:
        async with client(url, room["code"], name="Cem") as third:
            for number in range(5):
                await host.chat(f"message {number}")
            await host.chat("for Ben", other.you.id)
            await until(lambda: len(other.chat_messages) == 6)
            await until(lambda: len(third.chat_messages) == 5)
            page = await third.chat_before(limit=2)
            assert ([message.text for message in page.messages], page.more) == (["message 3", "message 4"], True)
            page = await third.chat_before(page.messages[0].id, limit=10)
            assert ([message.text for message in page.messages], page.more) == (
                [f"message {n}" for n in range(3)],
                False,
            )
            unwanted = host.chat_messages[0]
            await host.moderate(messages.DeleteChat(message=unwanted.id))
            await until(lambda: len(third.chat_messages) == 4)
        late = client(url, room["code"], name="Cem")
        await late.join()
        assert [message.text for message in late.chat_messages] == [f"message {n}" for n in range(1, 5)]
        assert late.chat_messages[0].sender == host.you.id
        await late.leave()
    await ada.good("POST", f"{path}/members", {"email": "ben@example.org"})
    await people.confirm(ben)
    kept = (await ben.good("GET", f"{path}/messages"))["messages"]
    assert [(message["text"], message["private"]) for message in kept][-1] == ("for Ben", True)
    assert (kept[0]["text"], kept[0]["deleted"]) == ("", True)
    mine = (await ada.good("GET", f"{path}/messages?limit=2"))["messages"]
    assert [message["mine"] for message in mine] == [True, True]
    assert await ada.call("DELETE", f"{path}/messages/{mine[0]['id']}") == (204, None)
    assert await ada.refused("DELETE", f"{path}/messages/12345") == (404, "not_found")
    assert await ada.refused("DELETE", f"{path}/messages/x") == (404, "not_found")
    events = (await ada.good("GET", f"{path}/history?limit=200"))["events"]
    assert [event["kind"] for event in events].count("joined") == 4
    assert [event["kind"] for event in events].count("left") == 4


async def test_log_out_ends_the_call_it_was_joined_from(people: Any, url: str) -> None:
    (ada,) = await people("Ada")
    room = await ada.good("POST", "/api/rooms/create", {})
    other = await people.guest()
    await other.sign_in("ada@example.org")
    async with client(url, room["code"], ada) as first, client(url, room["code"], other) as second:
        await ada.good("POST", "/api/auth/logout")
        await first.ended()
        assert first.bye == messages.Bye(why="signed_out")
        await until(lambda: len(second.participants) == 0)
        assert second.bye is None
        assert second.you.host
        assert await ada.refused("GET", "/api/rooms") == (401, "not_signed_in")
        await other.good("GET", "/api/rooms")


async def test_a_deleted_account_takes_its_rooms_and_calls_along(people: Any, url: str) -> None:
    ada, ben = await people("Ada", "Ben")
    room = await ada.good("POST", "/api/rooms/create", {})
    async with client(url, room["code"], ada) as host, client(url, room["code"], ben) as other:
        await ada.good("DELETE", "/api/users/profile", {"password": "correct horse 42"})
        await host.ended()
        assert host.bye == messages.Bye(why="signed_out")
        await other.ended()
        assert other.bye == messages.Bye(why="room_closed")
    assert await ben.refused("POST", "/api/rooms/join", {"code": room["code"]}) == (404, "room_not_found")
