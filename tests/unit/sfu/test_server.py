"""The asyncio edge: what it does where its callback raises, and what it tells of its socket."""

import asyncio
import socket

import pytest

from sfu.dtls import Certificate
from sfu.ice_lite import Credentials
from sfu.relay import Relay
from sfu.server import DRAIN, LATE, MediaServer
from sfu.udp import NO_STATS


def test_a_callback_that_raises_is_called_again_and_stops_nothing() -> None:
    asyncio.run(_callback_that_raises())


async def _callback_that_raises() -> None:
    certificate = Certificate()
    relay = Relay(certificate)
    told: list[int] = []
    again = asyncio.Event()

    def on_change() -> None:
        changed, relay.changed = relay.changed, []
        told.append(len(changed))
        if len(told) == 1:
            raise ZeroDivisionError
        again.set()

    server = MediaServer(relay, on_change)
    server.start("127.0.0.1", 0)
    try:
        for _ in range(2):
            relay.changed.append(relay.add(Credentials.generate(), certificate.fingerprint, server.now()))
            server.wake()
            await asyncio.sleep(0)
        await asyncio.wait_for(again.wait(), 5)
    finally:
        server.close()
    assert told == [1, 1]
    assert relay.drops["exception in tell rooms of changes"] == 1


def test_the_socket_s_figures_are_there_before_during_and_after() -> None:
    asyncio.run(_figures())


async def _figures() -> None:
    server = MediaServer(Relay(Certificate()))
    assert server.socket_stats == NO_STATS
    server.start("127.0.0.1", 0)
    assert server.socket_stats.receive_buffer > 0
    assert server.socket_stats.send_buffer > 0
    server.close()
    assert server.socket_stats == NO_STATS


def test_a_late_loop_reads_what_has_arrived_before_timers_judge_silence(monkeypatch: pytest.MonkeyPatch) -> None:
    asyncio.run(_late(monkeypatch))


async def _late(monkeypatch: pytest.MonkeyPatch) -> None:
    relay, happened = Relay(Certificate()), list[str]()
    monkeypatch.setattr(relay, "receive", lambda *_: happened.append("receive"))
    monkeypatch.setattr(relay, "poll", lambda _: happened.append("poll"))
    server = MediaServer(relay)
    server.start("127.0.0.1", 0)
    sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        # No await from here on: this is a loop that is busy with something else.
        for _ in range(DRAIN + 10):
            sender.sendto(b"\xff", ("127.0.0.1", server.port))
        server._on_timer()
        assert happened == ["poll"]  # it has just looked
        relay.heard_until = before = server.now() - 10 * LATE
        server._on_timer()
        assert happened == ["poll", *["receive"] * (DRAIN + 10), "poll"]
        assert relay.heard_until > before
        sender.sendto(b"\xff", ("127.0.0.1", server.port))
        server.catch_up()
        assert happened[-1] == "receive"
    finally:
        sender.close()
        server.close()
