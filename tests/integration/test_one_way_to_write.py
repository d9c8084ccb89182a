"""What can be done over HTTP and over the WebSocket comes to the same, whichever way it is done: the same refusal, the
same events, the same in the store.
"""

import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any

import aiohttp
import pytest
import pytest_asyncio
from aiohttp import WSMsgType

from signaling.messages import SUBPROTOCOL
from tests import times
from tests.integration.api import Api
from web.app import Server
from web.services import Services

pytestmark = pytest.mark.asyncio

Json = dict[str, Any]


@pytest.fixture
def server(server_on_each_database: Server) -> Server:
    return server_on_each_database


class Person:
    """A person with a browser, who may be in a call."""

    def __init__(self, api: Api, name: str, http: aiohttp.ClientSession) -> None:
        self.api = api
        self.name = name
        self.http = http
        self.id = ""
        self.events: list[Json] = []
        """The events that they got in the call."""
        self._socket: aiohttp.ClientWebSocketResponse | None = None

    async def token(self, code: str) -> str:
        return str((await self.api.good("POST", "/api/rooms/join", {"code": code, "name": self.name}))["token"])

    async def join(self, token: str) -> str | None:
        """Why they can't; None: they are in the call."""
        self._socket = await self.http.ws_connect(f"{self.api.url}/ws", protocols=(SUBPROTOCOL,))
        reply = await self.ask(type="join", token=token)
        if reply["type"] == "error":
            return str(reply["code"])
        self.id = reply["result"]["you"]["id"]
        return None

    async def ask(self, **request: Any) -> Json:
        """Return the reply to a request. Events before it go to `events`."""
        assert self._socket is not None
        await self._socket.send_json({"id": 1, **request})
        while True:
            message: Json = await self._socket.receive_json(timeout=times.seconds(5))
            if message["type"] != "event":
                return message
            self.events.append(message["event"])

    async def catch_up(self) -> None:
        """Collect all events until now, or until the call was ended."""
        assert self._socket is not None
        with contextlib.suppress(aiohttp.ClientConnectionResetError):  # where the call was ended
            await self._socket.send_json({"id": 2, "type": "ping"})
        while True:
            frame = await self._socket.receive(timeout=times.seconds(5))
            if frame.type is not WSMsgType.TEXT or frame.json()["type"] != "event":
                return
            self.events.append(frame.json()["event"])


class Meeting:
    """A call of Ada, who owns the room, Ben, who belongs to it, and Eve, a guest."""

    def __init__(self, services: Services, room: Json, ada: Person, ben: Person, eve: Person) -> None:
        self.services = services
        self.room = room
        self.path = f"/api/rooms/{room['id']}"
        self.people = {"ada": ada, "ben": ben, "eve": eve}
        self.said: dict[str, int] = {}
        """Ids of messages by their texts."""

    async def begin(self) -> None:
        ada, ben, eve = self.people.values()
        await self.services.store.rooms.add_member(self.room["id"], ben.api.user["id"], "member", 1.0)
        for person in self.people.values():
            assert await person.join(await person.token(self.room["code"])) is None
        for sender, text, to in (
            (eve, "to all", None), (ada, "from Ada to Ben", ben.id), (eve, "from Eve to Ben", ben.id),
        ):  # fmt: skip
            client_id = f"{len(self.said):032x}"
            reply = await sender.ask(type="chat", text=text, to=to, client_id=client_id)
            self.said[text] = reply["result"]["message"]
        for person in self.people.values():
            await person.catch_up()
            person.events.clear()

    async def outcome(self) -> Json:
        """The events that everyone got, and what is stored."""
        for person in self.people.values():
            await person.catch_up()
        await self.services.calls.written()
        room_id = self.room["id"]
        room, live = await self.services.store.rooms.by_id(room_id), self.services.calls.live(room_id)
        assert room is not None
        assert live is not None
        messages = [await self.services.store.chat.by_id(room_id, identifier) for identifier in self.said.values()]
        return {
            "told": {name: self._named(person.events) for name, person in self.people.items()},
            "inside": len(live.participants),
            "locked": live.info.locked,
            "state": room.state,
            "members": [(member.name, member.role) for member in await self.services.store.rooms.members(room_id)],
            "messages": [(each.text, each.deleted_at is not None) for each in messages if each is not None],
            "history": [
                (event.name, event.kind) for event in await self.services.store.history.page(room_id, None, 100)
            ],
        }

    def _named(self, node: Any) -> Any:
        """The same with texts and nothing for the ids, which no two meetings have in common."""
        texts: dict[Any, str] = {identifier: text for text, identifier in self.said.items()}
        texts |= {self.room["id"]: "the room", self.room["code"]: "its code"}
        if isinstance(node, list):
            return [self._named(each) for each in node]
        if isinstance(node, dict):
            return {key: self._named(value) for key, value in node.items()}
        return texts.get(node, node)


@pytest_asyncio.fixture
async def meet(server: Server, url: str) -> AsyncIterator[Callable[[], Awaitable[Meeting]]]:
    """Makes meetings, of the same people."""
    assert server.services is not None
    services = server.services
    async with AsyncExitStack() as stack:
        ada, ben, eve = [await stack.enter_async_context(Api(url)) for _ in range(3)]
        await ada.register("Ada")
        await ben.register("Ben")

        async def make() -> Meeting:
            http = await stack.enter_async_context(aiohttp.ClientSession())
            room = await ada.good("POST", "/api/rooms/create", {"title": "Seminar"})
            people = Person(ada, "Ada", http), Person(ben, "Ben", http), Person(eve, "Eve", http)
            meeting = Meeting(services, room, *people)
            await meeting.begin()
            return meeting

        yield make


@pytest.mark.parametrize("who", ["ada", "ben"])
@pytest.mark.parametrize("what", ["end", "to all", "from Ada to Ben", "from Eve to Ben", "lock"])
async def test_both_ways_lead_to_the_same(meet: Callable[[], Awaitable[Meeting]], who: str, what: str) -> None:
    one, other = await meet(), await meet()
    refusals = await over_websocket(one, who, what), await over_http(other, who, what)
    assert refusals[0] == refusals[1]
    outcome = await one.outcome()
    assert outcome == await other.outcome()
    # What the test would have to notice.
    if who == "ben":
        assert refusals[0] == "not_allowed"
        assert (outcome["inside"], outcome["locked"], outcome["told"]["eve"]) == (3, False, [])
    elif what == "from Eve to Ben":
        assert refusals[0] == "not_found"
        assert outcome["messages"][-1] == ("from Eve to Ben", False)
    else:
        assert refusals[0] is None
        told = {"end": ["bye"], "lock": ["room.updated"]}.get(what, ["chat.deleted"])
        assert [event["type"] for event in outcome["told"]["eve"]] == told
        assert (outcome["inside"], outcome["locked"]) == (0 if what == "end" else 3, what == "lock")
        assert [deleted for _, deleted in outcome["messages"]] == [text == what for text in one.said]


async def over_websocket(meeting: Meeting, who: str, what: str) -> str | None:
    """Do it in the call. The code of the refusal; None: it is done."""
    action: Json = {"do": what}
    if what == "lock":
        action["locked"] = True
    elif what in meeting.said:
        action = {"do": "delete_chat", "message": meeting.said[what]}
    reply = await meeting.people[who].ask(type="moderate", action=action)
    return str(reply["code"]) if reply["type"] == "error" else None


async def over_http(meeting: Meeting, who: str, what: str) -> str | None:
    """The same by a request to the API."""
    api, path = meeting.people[who].api, meeting.path
    match what:
        case "lock":
            status, answer = await api.call("PUT", path, {"locked": True})
        case "end":
            status, answer = await api.call("POST", f"{path}/end")
        case _:
            status, answer = await api.call("DELETE", f"{path}/messages/{meeting.said[what]}")
    return None if status < 300 else str(answer["error"]["code"])


@pytest.mark.parametrize("why", ["banned", "removed", "room_locked", "room_full"])
async def test_both_ways_refuse_the_same_people(meet: Callable[[], Awaitable[Meeting]], why: str) -> None:
    meeting = await meet()
    ada, ben, eve = meeting.people.values()
    code = meeting.room["code"]
    # A guest without a cookie is somebody else each time, whom a locked or full room doesn't know.
    person = ben if why in ("banned", "removed") else eve
    token = await person.token(code)
    match why:
        case "banned":
            await ada.ask(type="moderate", action={"do": "ban", "participant": ben.id})
        case "removed":
            await ada.ask(type="moderate", action={"do": "remove", "participant": ben.id})
        case "room_locked":
            await ada.api.good("PUT", meeting.path, {"locked": True})
        case "room_full":
            await ada.api.good("PUT", meeting.path, {"capacity": 2})
    assert await person.api.refused("POST", "/api/rooms/join", {"code": code, "name": person.name}) == (
        409 if why == "room_full" else 403,
        why,
    )
    assert await person.join(token) == why
