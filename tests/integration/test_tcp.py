"""Media over TCP, on the port of the page."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import pytest
import pytest_asyncio

from sfu.net.streams import OTHER_BYTES, VIDEO_BYTES
from sfu.secure.dtls import Certificate
from sfu.secure.ice_lite import Credentials
from sfu.wire import stun
from sfu.wire.framing import Deframer, framed
from signaling.client import Client, ClientOptions, Pattern, create_room
from tests.integration.conftest import until
from tests.integration.process_plane import ProcessPlane
from tests.integration.running import serving
from tests.integration.tcp_bridge import TcpBridge
from tests.integration.test_metrics import scrape
from web.app import Server
from web.config import Settings

pytestmark = pytest.mark.asyncio

HOST, FRONT = "127.0.0.1", "127.0.0.2"
SMALL = Pattern(width=320, height=180, fps=15, colour=0)
WATCHING = ClientOptions(audio_slots=2, video_slots=2, watch_height=360)


@pytest_asyncio.fixture
async def bridged(tmp_path: Path) -> AsyncIterator[tuple[Server, TcpBridge]]:
    """A server that announces an address where only the bridge is."""
    async with serving(tmp_path, announce=(FRONT,)) as server:
        bridge = await TcpBridge((HOST, server.port)).start(FRONT, server.media.port)
        try:
            yield server, bridge
        finally:
            await bridge.stop()


async def test_a_call_over_tcp_is_as_one_over_udp(bridged: tuple[Server, TcpBridge]) -> None:
    server, bridge = bridged
    url = f"http://{HOST}:{server.port}"
    code = await create_room(url, "Test")
    async with Client(url, code, "Ada", WATCHING) as ada, Client(url, code, "Bo", WATCHING) as bo:
        await ada.publish(SMALL)
        await bo.publish(SMALL)
        for each in (ada, bo):
            await until(lambda: sum(slot.stats.packets for slot in each.slots.values()) > 50)  # noqa: B023
        during = await scrape(url)
        assert during["milanio_media_connections_by_transport:tcp"] == 2
        assert during["milanio_media_connections_by_transport:udp"] == 0
        assert len(bridge.connections) == 2
        lost = [slot.stats.lost for each in (ada, bo) for slot in each.slots.values()]
        assert sum(lost) == 0
    dropped = {name: count for name, count in server.media.relay.drops.items() if "tcp" in name and count}
    assert dropped == {}


async def test_who_doesn_t_read_is_dropped_for_in_a_bounded_queue_and_nobody_else_notices(
    bridged: tuple[Server, TcpBridge],
) -> None:
    server, bridge = bridged
    relay, streams = server.media.relay, server.media.streams
    url = f"http://{HOST}:{server.port}"
    code = await create_room(url, "Test")
    options = ClientOptions(audio_slots=2, video_slots=2, watch_height=720)
    async with (
        Client(url, code, "Ada", WATCHING) as ada,
        Client(url, code, "Bo", options) as bo,
        Client(url, code, "Cleo", options) as cleo,
    ):
        await ada.publish(Pattern(width=1280, height=720, fps=30, colour=0))
        for each in (bo, cleo):
            await until(lambda: sum(slot.stats.packets for slot in each.slots.values()) > 50)  # noqa: B023
        _, slow, _ = bridge.connections.values()
        assert slow.transport is not None
        slow.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8192)
        slow.transport.pause_reading()
        await until(lambda: relay.drops["tcp_video_not_read"] > 0, 60)
        assert 0 < streams.waiting <= VIDEO_BYTES + OTHER_BYTES
        before = sum(slot.stats.packets for slot in cleo.slots.values())
        await until(lambda: sum(slot.stats.packets for slot in cleo.slots.values()) > before + 50)
        slow.transport.resume_reading()
        await until(lambda: streams.waiting == 0, 30)


def _check(server: Server) -> tuple[bytes, str]:
    """A client's check, framed, and the password that the answer is signed with."""
    remote = Credentials.generate()
    transport = server.media.relay.add(remote, Certificate().fingerprint, server.media.now())
    local = transport.ice.local
    check = stun.build_request(
        f"{local.ufrag}:{remote.ufrag}", local.password, priority=1, tie_breaker=1, nominate=True
    )
    return framed(check, len(check)), local.password


async def test_the_port_of_https_carries_media_too(tmp_path: Path) -> None:
    async with serving(tmp_path, tls_certificate="self-signed") as server:
        check, password = _check(server)
        reader, writer = await asyncio.open_connection(HOST, server.port)
        for byte in check:  # in pieces of one byte each
            writer.write(bytes((byte,)))
            await writer.drain()
        deframer, found = Deframer(), list[bytes]()
        while not found:
            found += [bytes(each) for each in deframer.take(await asyncio.wait_for(reader.read(1000), 15))]
        answer = stun.parse(found[0])
        assert answer.kind == stun.BINDING_SUCCESS
        assert answer.verify(password)
        services = server.services
        assert services is not None
        assert len(services.connections) == 1
        writer.close()
        await until(lambda: len(services.connections) == 0)


async def test_a_connection_without_a_check_in_time_is_closed_and_gives_its_place_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sfu.net.streams.UNKNOWN_SECONDS", 0.2)
    monkeypatch.setattr("sfu.net.streams.SWEEP_SECONDS", 0.1)
    async with serving(tmp_path, rate_limits=True) as server:
        wrong = stun.build_request("nobody:else", "x" * 24, priority=1, tie_breaker=1, nominate=True)
        reader, writer = await asyncio.open_connection(HOST, server.port)
        writer.write(framed(wrong, len(wrong)))
        with suppress(ConnectionResetError):
            assert await asyncio.wait_for(reader.read(), 15) == b""
        writer.close()
        assert server.services is not None
        connections = server.services.connections
        await until(lambda: len(connections) == 0)
        assert server.media.relay.drops["tcp_no_check"] == 1
        assert not server.media.streams.active


async def test_where_media_is_in_another_process_nothing_is_offered_or_taken(tmp_path: Path) -> None:
    settings = Settings(port=0, media_port=0, host=HOST, data=tmp_path / "data", rate_limits=False)
    async with ProcessPlane(HOST) as plane:
        server = Server(settings, plane=plane)
        await server.start()
        try:
            assert server.media.stream_port is None
            check, _ = _check(server)
            reader, writer = await asyncio.open_connection(HOST, server.port)
            writer.write(check)
            with suppress(ConnectionResetError):  # what was sent wasn't read
                assert await asyncio.wait_for(reader.read(), 15) == b""
            writer.close()
        finally:
            await server.stop()
