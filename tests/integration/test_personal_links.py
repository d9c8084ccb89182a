"""Personal links: a program's own people join on the page, as the program says, and as long as it may say so."""

import logging
import secrets
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from signaling import join_token
from signaling.join_token import JoinToken
from signaling.names import MAX_NAME
from signaling.rooms.participant import Person
from signaling.rooms.room import Room
from tests.integration.api import Api
from tests.integration.running import serving
from web.api.room_models import DEFAULT_LINK_TTL, MAX_LINK_TTL, MAX_PERSON, MIN_LINK_TTL
from web.app import Server
from web.security import link_token, secret
from web.security.link_token import LinkToken
from web.services import Services

pytestmark = pytest.mark.asyncio


@pytest_asyncio.fixture
async def server(tmp_path: Path) -> AsyncIterator[Server]:
    async with serving(tmp_path) as running:
        yield running


@pytest.fixture
def services(server: Server) -> Services:
    assert server.services is not None
    return server.services


def client(server: Server) -> Api:
    return Api(f"http://127.0.0.1:{server.port}")


@pytest_asyncio.fixture
async def ada(server: Server) -> AsyncIterator[Api]:
    """The owner of the program's key and rooms."""
    async with client(server) as person:
        yield await person.register("Ada")


@pytest_asyncio.fixture
async def portal(server: Server, services: Services, ada: Api) -> AsyncIterator[Api]:
    async with client(server) as program:
        keys = services.store.api_keys
        program.access_token = await keys.create("Portal", ["rooms", "join"], time.time(), ada.user["id"])
        yield program


@pytest_asyncio.fixture
async def guest(server: Server) -> AsyncIterator[Api]:
    async with client(server) as person:
        yield person


async def lesson(portal: Api, **settings: Any) -> dict[str, Any]:
    room: dict[str, Any] = await portal.good(
        "POST", "/api/rooms/create", {"title": "Lesson", "access": "members", **settings}
    )
    return room


async def linked(portal: Api, room: dict[str, Any], **who: Any) -> dict[str, str]:
    """What somebody sends who opens a link to the room."""
    body = {"code": room["code"], "name": "Tom", **who}
    link = (await portal.good("POST", "/api/rooms/link", body))["link"]
    return {"code": room["code"], "link_token": link.partition("#link=")[2]}


async def joined(services: Services, person: Api, opened: dict[str, str], **more: Any) -> JoinToken:
    answer = await person.good("POST", "/api/rooms/join", {**opened, **more})
    assert answer["waits"] is False
    return join_token.verify(answer["token"], services.signaling.key)


async def refusal(person: Api, opened: dict[str, str]) -> str:
    """Why a link doesn't work any more: the code of the error, the same for the preview and for joining."""
    codes = {await person.refused("POST", path, opened) for path in ("/api/rooms/by-link", "/api/rooms/join")}
    ((status, code),) = codes
    assert status == 403
    return code


def live(services: Services, room: dict[str, Any]) -> Room:
    found = services.calls.live(room["id"])
    assert found is not None
    return found


async def test_a_link_leads_to_the_page_and_its_secret_is_behind_the_hash(
    server: Server, services: Services, portal: Api
) -> None:
    room = await lesson(portal)
    before = int(time.time())
    body = {"code": room["link"], "name": " Tom  (host)", "person": "tom@school"}
    answer = await portal.good("POST", "/api/rooms/link", body)
    address, _, token = answer["link"].partition("#link=")
    assert address == room["link"]
    found = link_token.verify(token, services.link_key, time.time())
    assert (found.room, found.name, found.host, found.expires) == (room["id"], "Tom", False, answer["expires_at"])
    assert before + DEFAULT_LINK_TTL <= found.expires <= time.time() + DEFAULT_LINK_TTL
    # What the program calls its people is for nobody else.
    assert "tom" not in found.person


async def test_people_join_under_the_name_and_with_the_right_that_the_program_gave(
    services: Services, portal: Api, guest: Api
) -> None:
    room = await lesson(portal)
    tom, grey = await linked(portal, room), await linked(portal, room, name="Ms Grey", host=True)
    seen = await guest.good("POST", "/api/rooms/by-link", grey)
    assert (seen["title"], seen["name"], seen["host"], seen["sign_in_required"]) == ("Lesson", "Ms Grey", True, False)
    for opened, name, host in ((tom, "Tom", False), (grey, "Ms Grey", True)):
        for _ in range(2):
            token = await joined(services, guest, opened, name="Somebody")
            assert (token.person.name, token.person.guest, token.rights.moderate) == (name, True, host)
            assert (token.room, token.person.colour is None) == (room["id"], False)
    assert seen["avatar_colour"] == (await joined(services, guest, grey)).person.colour


@pytest.mark.parametrize("access", ["open", "members", "waiting"])
async def test_nobody_with_a_link_waits(services: Services, portal: Api, guest: Api, access: str) -> None:
    room = await lesson(portal, access=access)
    assert not (await joined(services, guest, await linked(portal, room))).needs_admission


async def test_a_link_counts_whoever_is_logged_in(services: Services, portal: Api, ada: Api) -> None:
    """Even the room's owner joins as the program says, and stays when the log-in ends."""
    room = await lesson(portal)
    token = await joined(services, ada, await linked(portal, room))
    assert (token.person.name, token.person.guest, token.rights.moderate) == ("Tom", True, False)
    assert (token.person.session, token.person.id == ada.user["id"]) == (None, False)


async def test_people_are_known_by_the_programs_id_or_by_the_link(services: Services, portal: Api, guest: Api) -> None:
    room = await lesson(portal)

    async def person(opened: dict[str, str], device: str = "") -> str:
        return (await joined(services, guest, opened, device=device)).person.id

    tom = await person(await linked(portal, room, person="7"))
    assert await person(await linked(portal, room, person="7", name="Thomas")) == tom
    direct = await portal.good("POST", "/api/rooms/join", {"code": room["code"], "name": "Tom", "person": "7"})
    assert join_token.verify(direct["token"], services.signaling.key).person.id == tom
    other, nameless, second = [await linked(portal, room, **who) for who in ({"person": "8"}, {}, {})]
    assert len({tom, await person(other), await person(nameless), await person(second)}) == 4
    # However many browsers it is opened in, it is for one person.
    assert await person(nameless, "0" * 32) == await person(nameless, "1" * 32)


@pytest.mark.parametrize("who", [{"person": "7"}, {}], ids=["known person", "known link"])
async def test_who_was_removed_or_banned_does_not_come_back_by_the_link(
    services: Services, portal: Api, guest: Api, who: dict[str, str]
) -> None:
    room = await lesson(portal)
    opened, another = await linked(portal, room, **who), await linked(portal, room, person="8")
    tom = (await joined(services, guest, opened)).person
    live(services, room).admission.remove(tom)
    assert await guest.refused("POST", "/api/rooms/join", opened) == (403, "removed")
    live(services, room).admission.ban(tom)
    live(services, room).admission.call_over()
    assert await guest.refused("POST", "/api/rooms/join", opened) == (403, "banned")
    if who:
        renamed = await linked(portal, room, **who, name="Thomas", host=True)
        assert await guest.refused("POST", "/api/rooms/join", renamed) == (403, "banned")
    await joined(services, guest, another)


async def test_who_was_removed_does_not_come_back_without_the_link(services: Services, portal: Api, guest: Api) -> None:
    """From the same address they wait for a host, as other guests who were removed; who has a link doesn't."""
    room = await lesson(portal, access="open")
    opened, another = await linked(portal, room), await linked(portal, room)
    plain = {"code": room["code"], "name": "Not Tom"}
    assert (await guest.good("POST", "/api/rooms/join", plain))["waits"] is False
    live(services, room).admission.remove((await joined(services, guest, opened)).person)
    assert (await guest.good("POST", "/api/rooms/join", plain))["waits"] is True
    await joined(services, guest, another)


async def test_the_rules_of_the_room_apply(services: Services, portal: Api, guest: Api) -> None:
    room = await lesson(portal, locked=True)
    opened, grey = await linked(portal, room), await linked(portal, room, host=True)
    assert await guest.refused("POST", "/api/rooms/join", opened) == (403, "room_locked")
    await joined(services, guest, grey)
    await portal.good("DELETE", f"/api/rooms/{room['id']}")
    for path in ("/api/rooms/join", "/api/rooms/by-link"):
        assert await guest.refused("POST", path, grey) == (410, "room_ended")
    again = {"code": room["code"], "name": "Tom"}
    assert await portal.refused("POST", "/api/rooms/link", again) == (410, "room_ended")


async def test_a_link_is_for_one_room(portal: Api, guest: Api) -> None:
    room, other = await lesson(portal), await lesson(portal, access="open")
    opened = await linked(portal, room)
    assert await refusal(guest, {**opened, "code": other["code"]}) == "bad_link"
    unknown = {**opened, "code": "zzzzz-zzzzz-zzzzz"}
    assert await guest.refused("POST", "/api/rooms/join", unknown) == (404, "room_not_found")


async def test_a_changed_link_is_refused(services: Services, portal: Api, guest: Api) -> None:
    """Also where anyone could join without it: somebody expects to come in under a name."""
    room = await lesson(portal, access="open")
    opened = await linked(portal, room)
    good = link_token.verify(opened["link_token"], services.link_key, time.time())
    foreign = link_token.sign(good, services.signaling.key)
    joining = join_token.sign(
        JoinToken(room["id"], Person("x", "Tom"), (await joined(services, guest, opened)).rights),
        services.signaling.key,
        time.time(),
    )
    for wrong in ("", "x", opened["link_token"][:-3], foreign, joining, portal.access_token or ""):
        assert await refusal(guest, {**opened, "link_token": wrong}) == "bad_link", wrong


async def test_a_link_expires(services: Services, portal: Api, guest: Api) -> None:
    room = await lesson(portal)
    opened = await linked(portal, room, ttl_seconds=MIN_LINK_TTL)
    good = link_token.verify(opened["link_token"], services.link_key, time.time())
    late = LinkToken(good.room, good.key, good.person, good.name, good.host, int(time.time()) - 1)
    opened["link_token"] = link_token.sign(late, services.link_key)
    assert await refusal(guest, opened) == "link_expired"


async def test_a_link_ends_with_its_key(services: Services, ada: Api, portal: Api, guest: Api) -> None:
    room = await lesson(portal)
    opened = await linked(portal, room)
    await services.store.users.disable(ada.user["id"], time.time())
    assert await refusal(guest, opened) == "bad_link"
    await services.store.users.enable(ada.user["id"])
    await joined(services, guest, opened)
    assert await services.store.api_keys.revoke("Portal")
    assert await refusal(guest, opened) == "bad_link"
    # Another key, even of the same name and owner, doesn't bring it back.
    await services.store.api_keys.create("Portal", ["rooms", "join"], time.time(), ada.user["id"])
    assert await refusal(guest, opened) == "bad_link"


async def test_a_link_of_a_key_that_expires_says_when_it_ends(services: Services, ada: Api, portal: Api) -> None:
    room = await lesson(portal)
    soon = time.time() + 600
    keys = services.store.api_keys
    portal.access_token = await keys.create("Brief", ["join"], time.time(), ada.user["id"], soon)
    body = {"code": room["code"], "name": "Tom"}
    assert (await portal.good("POST", "/api/rooms/link", body))["expires_at"] == int(soon)


async def test_a_link_is_refused_once_its_key_may_not_let_people_in(
    services: Services, ada: Api, portal: Api, guest: Api
) -> None:
    """Signed right, but in the name of a key that has expired, has another scope or another owner."""
    room = await lesson(portal)
    opened = await linked(portal, room)
    good = link_token.verify(opened["link_token"], services.link_key, time.time())
    keys, now = services.store.api_keys, time.time()
    ben = await services.store.users.create("ben@example.org", "Ben", "hash", now)
    await keys.create("Expired", ["join"], now - 9, ada.user["id"], now - 1)
    await keys.create("Rooms", ["rooms"], now, ada.user["id"])
    await keys.create("Ben's", ["join"], now, ben.id)
    await keys.create("Fine", ["join"], now, ada.user["id"])
    for key in await keys.list():
        changed = LinkToken(good.room, key.id, good.person, good.name, good.host, good.expires)
        opened["link_token"] = link_token.sign(changed, services.link_key)
        if key.name in ("Portal", "Fine"):
            await joined(services, guest, opened)
        else:
            assert await refusal(guest, opened) == "bad_link", key.name


async def test_a_new_secret_ends_all_links(tmp_path: Path) -> None:
    async with serving(tmp_path) as first, client(first) as ada, client(first) as program:
        await ada.register("Ada")
        assert first.services is not None
        keys = first.services.store.api_keys
        program.access_token = await keys.create("Portal", ["rooms", "join"], time.time(), ada.user["id"])
        opened = await linked(program, await lesson(program))
    async with serving(tmp_path) as same, client(same) as guest:
        await guest.good("POST", "/api/rooms/join", opened)
    # As `milanio reset-secret` does.
    secret.replace(tmp_path / "data", secrets.token_bytes(secret.SIZE))
    async with serving(tmp_path) as reset, client(reset) as guest:
        assert await refusal(guest, opened) == "bad_link"


async def test_only_programs_make_links_and_only_for_rooms_of_their_owner(
    services: Services, ada: Api, portal: Api, guest: Api
) -> None:
    room = await lesson(portal)
    body = {"code": room["code"], "name": "Tom"}
    assert await guest.refused("POST", "/api/rooms/link", body) == (401, "not_signed_in")
    assert await ada.refused("POST", "/api/rooms/link", body) == (403, "not_allowed")
    ben = await services.store.users.create("ben@example.org", "Ben", "hash", time.time())
    keys = services.store.api_keys
    for owner, scopes, expected in (
        (ben.id, ["rooms", "join"], (403, "not_allowed")),
        (ada.user["id"], ["rooms"], (403, "wrong_scope")),
    ):
        portal.access_token = await keys.create(str(expected), scopes, time.time(), owner)
        assert await portal.refused("POST", "/api/rooms/link", body) == expected
    body["code"] = "zzzzz-zzzzz-zzzzz"
    portal.access_token = await keys.create("Join", ["join"], time.time(), ada.user["id"])
    assert await portal.refused("POST", "/api/rooms/link", body) == (404, "room_not_found")


async def test_programs_do_not_use_links_themselves(portal: Api) -> None:
    opened = await linked(portal, await lesson(portal))
    assert await portal.refused("POST", "/api/rooms/join", opened) == (403, "not_allowed")
    assert await portal.refused("POST", "/api/rooms/by-link", opened) == (401, "not_signed_in")


async def test_nobody_says_more_than_their_link(portal: Api, guest: Api) -> None:
    opened = await linked(portal, await lesson(portal))
    for more in ({"host": True}, {"person": "1"}):
        assert await guest.refused("POST", "/api/rooms/join", {**opened, **more}) == (403, "not_allowed")


@pytest.mark.parametrize(
    ("field", "good", "bad"),
    [
        ("code", [], ["", "x" * 4097, None, 7]),
        ("name", ["x" * MAX_NAME], ["", " \n", "x" * (MAX_NAME + 1), "https://evil.example", None, 7]),
        ("person", ["", "x" * MAX_PERSON], ["x" * (MAX_PERSON + 1), None, 7]),
        ("host", [True, False], ["yes", 1, None]),
        (
            "ttl_seconds",
            [MIN_LINK_TTL, int(MAX_LINK_TTL)],
            [0, -1, MIN_LINK_TTL - 1, MAX_LINK_TTL + 1, "60", None, float("nan"), float("inf")],
        ),
        ("device", [], ["0" * 32]),
    ],
)
async def test_fields_have_bounds(portal: Api, field: str, good: list[Any], bad: list[Any]) -> None:
    room = await lesson(portal)
    body = {"code": room["code"], "name": "Tom"}
    for value in good:
        await portal.good("POST", "/api/rooms/link", {**body, field: value})
    for value in bad:
        status, answer = await portal.call("POST", "/api/rooms/link", {**body, field: value})
        assert status in (400, 422), value
        assert answer["error"]["fields"].keys() <= {field}


async def test_a_link_needs_a_name_and_opening_it_a_bounded_token(portal: Api, guest: Api) -> None:
    room = await lesson(portal)
    status, answer = await portal.call("POST", "/api/rooms/link", {"code": room["code"]})
    assert (status, list(answer["error"]["fields"])) == (422, ["name"])
    for path in ("/api/rooms/join", "/api/rooms/by-link"):
        opened = {"code": room["code"], "link_token": "x" * (link_token.MAX_LENGTH + 1)}
        status, answer = await guest.call("POST", path, opened)
        assert (status, list(answer["error"]["fields"])) == (422, ["link_token"])
        # Not even what is wrong about a secret repeats it.
        assert "xxx" not in str(answer)


async def test_neither_the_log_nor_the_store_has_the_link(
    server: Server, services: Services, portal: Api, guest: Api, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        opened = await linked(portal, await lesson(portal), person="tom@school")
        await joined(services, guest, opened)
        assert await refusal(guest, {**opened, "link_token": opened["link_token"][:-3]}) == "bad_link"
    facts = [vars(record).get("facts", {}) for record in caplog.records]
    assert {"do": "POST /api/rooms/link", "key": "Portal"} in facts
    texts = [record.getMessage() + str(vars(record)) for record in caplog.records]
    hidden = [*opened["link_token"].split(".")[1:], "tom@school"]
    assert not [text for text in texts for each in hidden if each in text]
    await server.stop()
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert files
    assert not [path for path in files for each in hidden if each.encode() in path.read_bytes()]
