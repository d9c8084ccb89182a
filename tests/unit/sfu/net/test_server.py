"""The asyncio edge: what it does where its callback raises, and what it tells of its socket."""

import asyncio
import socket
import time

import pytest

from sfu.net.server import AT_ONCE, DRAIN, JUST_NOW, READS, MediaServer
from sfu.net.udp import NO_STATS
from sfu.relay import LATE, Relay
from sfu.secure.dtls import Certificate
from sfu.secure.ice_lite import Credentials


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
    assert relay.drops["exception_tell_rooms"] == 1


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


class Slow:
    """A relay's two costs, as heavy as said; every datagram and every transport counts."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
        self.relay = Relay(Certificate())
        self.happened: list[str] = []
        self._seconds = seconds
        self._due = 0
        monkeypatch.setattr(self.relay, "receive", lambda *_: self._work("receive"))
        monkeypatch.setattr(self.relay, "poll", self._poll)
        monkeypatch.setattr(self.relay, "timeout", lambda: 0.0 if self._due else None)

    def _work(self, what: str) -> None:
        self.happened.append(what)
        until = time.perf_counter() + self._seconds
        while time.perf_counter() < until:
            pass

    def _poll(self, _: float, most: int) -> None:
        for _ in range(min(most, self._due)):
            self._due -= 1
            self._work("poll")

    def wait(self, timers: int) -> None:
        """So many transports have something to do now."""
        self._due = timers


async def _serve(slow: Slow, datagrams: int) -> MediaServer:
    """A server whose loop was busy while they came; not one has been read."""
    server = MediaServer(slow.relay)
    server.start("127.0.0.1", 0)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        for _ in range(datagrams):
            sender.sendto(b"\xff", ("127.0.0.1", server.port))
    return server


@pytest.mark.asyncio
async def test_a_turn_of_the_loop_is_bounded_in_time_whatever_datagrams_and_timers_cost(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    slow = Slow(monkeypatch, 2 * READS)
    server = await _serve(slow, 3 * AT_ONCE)
    try:
        slow.wait(timers=3 * AT_ONCE)
        server.wake()
        turns = []
        while slow.happened.count("poll") < 3 * AT_ONCE or slow.happened.count("receive") < 3 * AT_ONCE:
            before = len(slow.happened)
            await asyncio.sleep(0)
            turns.append(slow.happened[before:])
    finally:
        server.close()
    for turn in turns:
        assert turn.count("receive") <= AT_ONCE, turns
        assert turn.count("poll") <= AT_ONCE, turns
    # Neither waits for all of the other.
    assert slow.happened[: 6 * AT_ONCE] != sorted(slow.happened)
    assert slow.happened[: 6 * AT_ONCE] != sorted(slow.happened, reverse=True)


@pytest.mark.asyncio
async def test_before_timers_judge_silence_a_late_loop_looks_whether_something_waits(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("sfu.net.server.READS", 60.0)  # that a turn ends in time is tested above
    slow = Slow(monkeypatch, 0.0)
    server = await _serve(slow, 10)
    try:
        slow.wait(timers=1)
        server._on_timer()
        assert slow.happened == ["poll"]  # it has just looked
        slow.relay.heard_until = before = server.now() - 10 * LATE
        slow.wait(timers=1)
        server._on_timer()
        assert slow.happened == ["poll", *["receive"] * 10, "poll"]
        assert slow.relay.heard_until > before
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            sender.sendto(b"\xff", ("127.0.0.1", server.port))
        seen = len(slow.happened)
        slow.relay.heard_until = server.now()
        server.catch_up()
        assert len(slow.happened) == seen  # it has just looked
        slow.relay.heard_until = server.now() - 2 * JUST_NOW
        server.catch_up()
        assert slow.happened[seen:] == ["receive"]
    finally:
        server.close()


@pytest.mark.asyncio
async def test_what_had_come_before_is_heard_once_a_whole_buffer_was_read_after_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Under more load than it bears, a server never sees its socket empty; silence must be noticed all the same."""
    slow = Slow(monkeypatch, 0.0)
    server = await _serve(slow, 3 * DRAIN)
    try:
        server._capacity = 2 * DRAIN
        slow.relay.heard_until = never = server.now() - 100.0
        began = server.now()
        server._read()
        assert slow.relay.heard_until == never
        between = server.now()
        server._read()
        assert began <= slow.relay.heard_until <= between
    finally:
        server.close()
