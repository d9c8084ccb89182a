"""Programs on networks that go, come back as others, or let no UDP through."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio

from sfu.secure import ice_lite
from signaling.client import Client, ClientError, ClientOptions, Pattern, create_room
from tests import times
from tests.browser.udp_proxy import Misfortune, UdpProxy
from tests.integration.conftest import until
from tests.integration.running import CHEAP
from tests.integration.test_metrics import scrape
from web.addresses import MAX_AGE, LocalAddresses
from web.app import Server
from web.config import Settings

pytestmark = pytest.mark.asyncio

FRONT = "127.0.0.2"
"""Where the proxy listens; all that the server announces."""
WATCHING = ClientOptions(audio_slots=1, video_slots=1, watch_height=180)
PATTERN = Pattern(width=320, height=180, fps=10)
CUT = Misfortune(loss=1.0)


@dataclass
class Network:
    """A server behind a proxy that carries its media, or doesn't."""

    server: Server
    proxy: UdpProxy
    url: str


@pytest_asyncio.fixture
async def network(tmp_path: Path) -> AsyncIterator[Network]:
    settings = Settings(
        port=0, media_port=0, host="127.0.0.1", data=tmp_path / "data", announce=(FRONT,), rate_limits=False
    )
    server = Server(settings, password_cost=CHEAP)
    await server.start()
    proxy = UdpProxy(("127.0.0.1", server.media.port), Misfortune())
    await proxy.start(FRONT, server.media.port)
    try:
        yield Network(server, proxy, f"http://127.0.0.1:{server.port}")
    finally:
        await proxy.stop()
        await server.stop()


def packets(client: Client) -> int:
    return sum(slot.stats.packets for slot in client.slots.values())


async def flows(client: Client, seconds: float = 10.0) -> None:
    """Wait until more pictures arrive. After a connection was replaced, the count begins again."""
    before = packets(client)
    await until(lambda: client.media_connected and packets(client) not in range(before, before + 5), seconds)


async def talking(network: Network) -> tuple[Client, Client]:
    code = await create_room(network.url, "Bots")
    ada, bo = (Client(network.url, code, name, WATCHING) for name in ("Ada", "Bo"))
    for client in (ada, bo):
        await client.join()
        await client.publish(PATTERN)
    for client in (ada, bo):
        await flows(client)
    return ada, bo


async def test_media_is_back_after_an_outage_that_the_relay_survived(network: Network) -> None:
    ada, bo = await talking(network)
    ids = ada.you.id, bo.you.id
    try:
        network.proxy.misfortune = CUT
        await until(lambda: not ada.media_connected and not bo.media_connected)
        network.proxy.misfortune = Misfortune()
        for client in (ada, bo):
            await flows(client)
        assert (ada.you.id, bo.you.id) == ids
        assert ada.failure is None
    finally:
        await ada.leave()
        await bo.leave()


async def test_media_is_back_after_the_relay_has_closed_the_connections(
    network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ice_lite, "CONSENT_TIMEOUT", 4.0)
    ada, bo = await talking(network)
    ids = ada.you.id, bo.you.id
    try:
        network.proxy.misfortune = CUT
        await until(lambda: not network.server.media.relay.transports, 20)
        network.proxy.misfortune = Misfortune()
        for client in (ada, bo):
            await flows(client, 20)
            await until(lambda: [each.connection for each in client.participants.values()] == ["connected"])  # noqa: B023
        assert (ada.you.id, bo.you.id) == ids
        assert sorted(ada.publications) == sorted(bo.publications)
        assert len(ada.publications) == 4
    finally:
        await ada.leave()
        await bo.leave()


async def test_another_network_is_a_matter_of_seconds(network: Network) -> None:
    ada, bo = await talking(network)
    try:
        transport = ada._transport
        assert transport is not None
        # The address is gone, and with it the socket.
        transport._close_socket()
        await until(lambda: not ada.media_connected)
        loop = asyncio.get_running_loop()
        since = loop.time()
        await flows(ada, 3)
        await flows(bo, 3)
        assert loop.time() - since < times.seconds(3)
        assert ada._transport is transport
    finally:
        await ada.leave()
        await bo.leave()


async def test_where_udp_is_blocked_it_is_said_which(network: Network) -> None:
    code = await create_room(network.url, "Bots")
    network.proxy.misfortune = CUT
    with pytest.raises(ClientError) as caught:
        await Client(network.url, code, "Ada", ClientOptions(timeout=1.0)).join()
    assert caught.value.code == "media_failed"
    udp, tcp = network.server.media.port, network.server.port
    assert f"UDP to {FRONT}:{udp} and TCP to {FRONT}:{tcp} get no answer" in str(caught.value)


async def test_a_server_in_another_network_says_where_it_is_now(tmp_path: Path) -> None:
    found = ["192.0.2.1", "127.0.0.1"]
    server = Server(Settings(port=0, media_port=0, data=tmp_path / "data", rate_limits=False), password_cost=CHEAP)
    server._local = LocalAddresses(lambda: list(found))
    await server.start()
    try:
        url = f"http://127.0.0.1:{server.port}"
        async with Client(url, await create_room(url, "Bots"), "Ada", WATCHING) as ada:
            assert ada._transport is not None
            assert [address[0] for address in ada._transport.relay_addresses] == found
            found[0] = "192.0.2.77"
            await asyncio.sleep(MAX_AGE)
            await ada._restart_ice()
            assert [address[0] for address in ada._transport.relay_addresses] == found
    finally:
        await server.stop()


@dataclass
class Front:
    """Carries connections to the server from where it is announced."""

    carried: list[asyncio.StreamWriter]

    async def cut(self) -> None:
        """Close the present ones."""
        while self.carried:
            self.carried.pop().close()


@pytest_asyncio.fixture
async def front(network: Network) -> AsyncIterator[Front]:
    found = Front([])

    async def carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", network.server.port)
        found.carried += [writer, back]
        await asyncio.gather(_pipe(reader, back), _pipe(there, writer))

    listener = await asyncio.start_server(carry, FRONT, network.server.port)
    try:
        yield found
    finally:
        listener.close()
        await found.cut()


async def _pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await reader.read(1 << 16):
            writer.write(data)
            await writer.drain()
    writer.close()


async def connections(network: Network) -> tuple[float, float]:
    """How many people's media goes over UDP and over TCP."""
    found = await scrape(network.url)
    names = [f"milanio_media_connections_by_transport:{protocol}" for protocol in ("udp", "tcp")]
    return found[names[0]], found[names[1]]


async def test_where_udp_is_blocked_media_comes_over_tcp_and_over_udp_after_the_next_outage(
    network: Network, front: Front
) -> None:
    network.proxy.misfortune = CUT
    ada, bo = await talking(network)
    try:
        assert await connections(network) == (0, 2)
        assert sum(slot.stats.lost for each in (ada, bo) for slot in each.slots.values()) == 0
        transport = ada._transport
        await front.cut()
        await until(lambda: not ada.media_connected)
        await flows(ada)
        await flows(bo)
        assert await connections(network) == (0, 2)
        assert ada._transport is transport
        network.proxy.misfortune = Misfortune()
        await front.cut()
        await until(lambda: not ada.media_connected)
        await flows(ada)
        await flows(bo)
        assert await connections(network) == (2, 0)
    finally:
        await ada.leave()
        await bo.leave()


async def test_a_program_can_ask_for_one_of_the_two(network: Network, front: Front) -> None:
    code = await create_room(network.url, "Bots")
    async with Client(network.url, code, "Ada", ClientOptions(transport="tcp")) as ada:
        await ada.publish(PATTERN)
        assert await connections(network) == (0, 1)
    network.proxy.misfortune = CUT
    with pytest.raises(ClientError) as caught:
        await Client(network.url, code, "Ada", ClientOptions(timeout=1.0, transport="udp")).join()
    assert "ask for outgoing UDP to that address" in str(caught.value)
    assert front.carried


async def test_a_server_that_offers_no_tcp_is_said_to(network: Network) -> None:
    network.server.media.stream_port = None
    code = await create_room(network.url, "Bots")
    with pytest.raises(ClientError, match="the relay can't be reached over TCP"):
        await Client(network.url, code, "Ada", ClientOptions(transport="tcp")).join()
