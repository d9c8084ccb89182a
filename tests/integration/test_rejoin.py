"""Python clients come back by themselves, after a restart of the server, a kill, a long absence; or say why not."""

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import pytest

from signaling import messages
from signaling.client import Client, ClientError, ClientOptions, Pattern, Reconnected, Reconnecting, create_room
from signaling.client.media import Media
from signaling.session import Session
from tests.integration.conftest import until
from tests.integration.process import milanio, running
from tests.integration.running import serving
from tests.thorough import choose
from tests.times import seconds

pytestmark = [pytest.mark.asyncio, pytest.mark.timeout(240)]

CROWD = 20
BACK_WITHIN = 10.0
"""Seconds from when the server serves again until everybody is back with media."""


@dataclass(frozen=True)
class Prepared:
    """Media that was made once, for everybody."""

    media: Media

    def prepare(self, name: str, *, simulcast: bool) -> Media:
        return self.media


def picture() -> Prepared:
    return Prepared(Pattern(width=160, height=90, fps=5).prepare("crowd", simulcast=False))


def port_of(url: str) -> int:
    return int(url.rpartition(":")[2])


def receives(client: Client) -> bool:
    """Whether sound and a picture come in, over the media connection of now."""
    kinds = {slot.kind for slot in client.slots.values() if slot.publication is not None and slot.stats.packets}
    return kinds == {"audio", "video"}


@asynccontextmanager
async def crowd(url: str, code: str, count: int = CROWD) -> AsyncIterator[list[Client]]:
    """People who all publish, and each of whom watches the next one."""
    media = picture()
    options = ClientOptions(audio_slots=1, video_slots=1)
    async with AsyncExitStack() as stack:
        clients = []
        for number in range(count):
            clients.append(await stack.enter_async_context(Client(url, code, f"bot {number}", options)))
            await clients[-1].publish(media)
        for number, client in enumerate(clients):
            watched = clients[(number + 1) % count].you.id
            await until(lambda client=client, watched=watched: f"{watched}.camera" in client.publications)  # type: ignore[misc]
            await client.watch(f"{watched}.camera", height=90)
        await until(lambda: all(map(receives, clients)))
        yield clients


async def all_back(clients: list[Client]) -> None:
    """Wait until everybody has joined again, sees and hears; and watches whom they watched before."""
    try:
        await until(lambda: all(client.rejoin_count == 1 and receives(client) for client in clients), BACK_WITHIN)
    except TimeoutError:
        for client in clients:
            print(client.name, client.rejoin_count, client.failure, receives(client))
        raise
    for number, client in enumerate(clients):
        (video,) = (slot for slot in client.slots.values() if slot.kind == "video")
        following = clients[(number + 1) % len(clients)]
        assert video.publication == f"{following.you.id}.camera"
        assert len(client.participants) == len(clients) - 1
        assert client.failure is None


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
async def test_everybody_is_back_with_media_after_a_restart(tmp_path: Path, how: signal.Signals) -> None:
    async with running(tmp_path) as before:
        code = await create_room(before.url, "Bots")
        port = port_of(before.url)
        async with crowd(before.url, code) as clients:
            readers = [client.events() for client in clients]
            await clients[0].raise_hand()
            await clients[1].mute("microphone")
            await before.end(how)
            async with running(tmp_path, port):
                await all_back(clients)
                await until(lambda: clients[2].participants[clients[0].you.id].hand)
                await until(lambda: clients[2].publications[f"{clients[1].you.id}.microphone"].muted)
                await clients[3].chat("we are back")
                await until(lambda: all(client.chat_messages[-1:] for client in clients))
                for reader in readers:
                    events = [event async for event in _so_far(reader)]
                    assert any(isinstance(event, Reconnecting) for event in events)
                    assert [event for event in events if isinstance(event, Reconnected)] == [Reconnected(rejoined=True)]


async def _so_far(events: AsyncIterator[object]) -> AsyncIterator[object]:
    while True:
        try:
            yield await asyncio.wait_for(anext(events), 0.05)
        except TimeoutError:
            return


async def test_a_server_that_is_away_for_long_finds_everybody_again(tmp_path: Path) -> None:
    async with running(tmp_path) as before:
        code = await create_room(before.url, "Bots")
        port = port_of(before.url)
        async with crowd(before.url, code, 5) as clients:
            await before.end(signal.SIGKILL)
            saying = [asyncio.create_task(client.chat(f"from {client.name}")) for client in clients]
            await asyncio.sleep(choose(10, 20))  # it is the length of the absence that is tried
            assert all(client.failure is None for client in clients)
            async with running(tmp_path, port):
                await all_back(clients)
                await asyncio.gather(*saying)
                said = sorted(f"from {client.name}" for client in clients)
                await until(lambda: sorted(message.text for message in clients[0].chat_messages) == said)


async def test_a_room_that_was_deleted_meanwhile_ends_it_with_a_reason(tmp_path: Path) -> None:
    async with running(tmp_path) as before:
        code = await create_room(before.url, "Bots")
        port = port_of(before.url)
        async with crowd(before.url, code, 3) as clients:
            await before.end(signal.SIGKILL)
            await milanio(tmp_path, "room", "end", code)
            async with running(tmp_path, port):
                async with asyncio.timeout(seconds(BACK_WITHIN)):
                    await asyncio.gather(*(client.ended() for client in clients))
                for client in clients:
                    assert client.failure is not None
                    assert client.failure.code in ("room_ended", "room_not_found")
                    assert client.rejoin_count == 0


async def test_a_server_that_never_comes_back_ends_it_when_the_time_is_over(tmp_path: Path) -> None:
    async with running(tmp_path) as server:
        code = await create_room(server.url, "Bots")
        patient, impatient = ClientOptions(audio_slots=0, video_slots=0, rejoin=2.0), ClientOptions(rejoin=0)
        async with Client(server.url, code, "Ada", patient) as ada, Client(server.url, code, "Bo", impatient) as bo:
            await server.end(signal.SIGTERM)
            await asyncio.wait_for(bo.ended(), seconds(5))
            assert bo.bye is not None
            assert bo.bye.why == "server_stopping"
            await asyncio.wait_for(ada.ended(), seconds(10))
            assert ada.failure is not None
            assert ada.failure.code == "unreachable"


async def test_who_was_put_out_does_not_come_back(tmp_path: Path) -> None:
    async with running(tmp_path) as server:
        code = await create_room(server.url, "Bots")
        async with Client(server.url, code, "Ada") as ada, Client(server.url, code, "Bo") as bo:
            await ada.moderate(messages.Remove(participant=bo.you.id))
            await asyncio.wait_for(bo.ended(), seconds(5))
            assert bo.bye is not None
            assert (bo.bye.why, bo.rejoin_count, bo.failure) == ("removed", 0, None)


async def test_a_client_that_joins_again_is_not_in_the_room_twice(tmp_path: Path) -> None:
    """The server still waits for it to resume, which it can't: it has lost its resume token with its process."""
    async with running(tmp_path) as server:
        code = await create_room(server.url, "Bots")
        async with Client(server.url, code, "Ada") as ada, Client(server.url, code, "Bo") as bo:
            before = bo.you.id
            assert bo._signaling is not None
            bo._signaling._resume_token = "lost"
            assert bo._signaling._socket is not None
            await bo._signaling._socket.close()
            await until(lambda: bo.rejoin_count == 1)
            await until(lambda: before not in ada.participants)
            assert [person.name for person in ada.participants.values()] == ["Bo"]


async def test_a_message_is_said_once_though_its_answer_is_lost_with_the_server(tmp_path: Path) -> None:
    async with running(tmp_path) as before:
        code = await create_room(before.url, "Bots")
        port = port_of(before.url)
        options, count = ClientOptions(audio_slots=0, video_slots=0), choose(30, 60)
        async with Client(before.url, code, "Ada", options) as ada, Client(before.url, code, "Bo", options) as bo:
            saying = asyncio.create_task(_say_all(ada, count))
            await until(lambda: len(bo.chat_messages) >= 10)
            await before.end(signal.SIGTERM)
            async with running(tmp_path, port) as again:
                await saying
                async with Client(again.url, code, "Cleo", options) as cleo:
                    texts = [message.text for message in cleo.chat_messages]
                    assert texts == [str(number) for number in range(count)]


async def _say_all(client: Client, count: int) -> None:
    number = 0
    while number < count:
        try:
            await client.chat(str(number))
            number += 1
        except ClientError as error:
            if error.code != "too_many":
                raise
            await asyncio.sleep(0.2)  # one a second is what a person may say in the long run


class SlowSession:
    """A session that takes its time to end."""

    def __init__(self) -> None:
        self.finished = asyncio.Event()

    def stop(self) -> None:
        pass


async def test_a_server_that_stops_takes_nobody_in_any_more(tmp_path: Path) -> None:
    """Those who hurry back while others are still being told would be sent away twice."""
    async with serving(tmp_path) as server:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(b"GET /api/health HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert b" 200 " in await reader.readline()
        slow = SlowSession()
        server.signaling.sessions.add(cast(Session, slow))
        stopping = asyncio.create_task(server.stop())
        try:
            await until(lambda: server.signaling.stopping)
            with pytest.raises(ConnectionRefusedError):
                await asyncio.open_connection("127.0.0.1", server.port)
            writer.write(
                b"GET /ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                b"Sec-WebSocket-Protocol: milanio.v1\r\nSec-WebSocket-Version: 13\r\n"
                b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
            )
            await reader.readuntil(b"}")
            answer = await asyncio.wait_for(reader.read(), seconds(10))
            assert b" 503 Service Unavailable\r\n" in answer
            assert b"\r\nRetry-After: 1\r\n" in answer
        finally:
            slow.finished.set()
            await stopping
        writer.close()
        with suppress(ConnectionResetError):
            await writer.wait_closed()
