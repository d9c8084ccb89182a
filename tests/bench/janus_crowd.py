"""The clients of load tests in a room of Janus: only what tells them who they talk to is Janus's own."""

import asyncio
import random
import socket
import time
from typing import cast

import aiohttp

from sfu.secure.dtls import PROFILES, Certificate, Fingerprint
from sfu.secure.ice_lite import Credentials
from sfu.wire import extensions
from signaling.client.media import Track
from signaling.client.offer import EXTENSION_IDS, Answer, SlotDescription
from signaling.loadtest import library, report
from signaling.loadtest.poller import Poller
from signaling.loadtest.scenario import Group, Scenario
from signaling.loadtest.stats import Second, Spread, Stats
from signaling.loadtest.transport import LeanTransport
from signaling.sdp import description as sdp
from tests.bench import janus
from tests.bench.peers import PATIENCE, answer_to_check, cpu_seconds

_IDS = {name: EXTENSION_IDS[name] for name in (extensions.TRANSPORT_WIDE, extensions.MID)}


class _Transport(LeanTransport):
    """A lean transport that talks to a full ICE agent, which checks the path too."""

    def __init__(self, poller: Poller, stats: Stats, certificate: Certificate) -> None:
        super().__init__(lambda reason: None, lambda: None, certificate, poller, stats, machine=0)
        # Whoever offers is controlling, and so is every endpoint of ours: the larger number wins (RFC 8445, 7.3.1.1).
        self.endpoint._tie_breaker = (1 << 64) - 1
        self.began, self.seen = 0.0, False
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((janus.HOST, 0))
        self.socket.setblocking(False)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)

    async def go_to(self, text: str, slots: list[SlotDescription]) -> None:
        """Connect to where a description of Janus says. Raises `TimeoutError`."""
        media = sdp.parse(text).media[0]
        candidate = next(line.split() for line in media.candidates if line.split()[2].lower() == "udp")
        address = candidate[4], int(candidate[5])
        remote, peer = Credentials(media.ice_ufrag, media.ice_password), Fingerprint(*media.fingerprints[0])
        identifiers = [number for number, name in media.extensions.items() if name == extensions.TRANSPORT_WIDE]
        self._wide_tag = (identifiers or [_IDS[extensions.TRANSPORT_WIDE]])[0] << 4 | 1
        self.reception = self.make_reception(Answer(remote, peer, [address], slots))
        for mid in self.lean.slots:
            self.lean.slots[mid].changed(mid, None, paused=False, why=None)
        self._socket = self.socket
        self.socket.connect(address)
        self._watch_socket()
        self.endpoint.connect(remote, peer, address, self.now)
        self.wake()
        async with asyncio.timeout(PATIENCE):
            await self._connected.wait()

    def _take(self, packet: memoryview, size: int, arrival: float) -> None:
        answer = answer_to_check(self.endpoint, bytes(packet)) if size else None
        if answer is not None:
            self.endpoint.outgoing.append(answer)
        super()._take(packet, size, arrival)


class _Room:
    """A room of Janus with the people of a scenario."""

    def __init__(self, api: janus._Api, scenario: Scenario, poller: Poller) -> None:
        self._api, self._scenario, self._poller = api, scenario, poller
        self._number = random.randint(1, 10**9)
        self._certificate = Certificate()
        # As its server Janus would choose AES-256, which takes a little longer than what the relay chooses.
        self._certificate.context.set_tlsext_use_srtp(PROFILES[0].name)
        self._feeds: list[int] = []
        self.stats = {group.name: Stats() for group in scenario.groups}
        self.transports: list[tuple[str, _Transport]] = []

    async def fill(self) -> None:
        """Bring everyone in, publishers first."""
        body = {"request": "create", "room": self._number, "publishers": 100, "bitrate": 0}
        await self._api.message(await self._api.attach(), body)
        for group in self._scenario.groups:
            for _ in range(group.people):
                began, stats = time.time(), self.stats[group.name]
                stats.tried += 1
                transport = _Transport(self._poller, stats, self._certificate)
                self.transports.append((group.name, transport))
                await (self._publish(transport, group) if group.video else self._subscribe(transport, group))
                stats.joined += 1
                stats.join.note(time.time() - began)
                transport.began = began

    async def _publish(self, transport: _Transport, group: Group) -> None:
        handle = await self._api.attach()
        joined = await self._api.message(handle, {"request": "join", "ptype": "publisher", "room": self._number})
        section = janus._section(transport, "0", "sendonly", _IDS)
        offer = "\r\n".join([*janus._head(transport, ["0"]), *section, ""])
        request = {"request": "publish", "audio": False, "video": True}
        answer = await self._api.message(handle, request, {"type": "offer", "sdp": offer})
        await transport.go_to(answer["jsep"]["sdp"], [])
        self._feeds.append(int(joined["plugindata"]["data"]["id"]))
        track = cast(Track, library.picture(group.codec, group.height, group.fps))
        transport.play([(track, "0", "")])

    async def _subscribe(self, transport: _Transport, group: Group) -> None:
        handle = await self._api.attach()
        streams = [{"feed": feed} for feed in self._feeds[: group.tiles]]
        body = {"request": "join", "ptype": "subscriber", "room": self._number, "streams": streams}
        offer = (await self._api.message(handle, body))["jsep"]["sdp"]
        media = sdp.parse(offer).media
        sections = [
            line for each in media for line in janus._section(transport, each.mid, "recvonly", janus._ids(each))
        ]
        answer = "\r\n".join([*janus._head(transport, [each.mid for each in media]), *sections, ""])
        await self._api.message(handle, {"request": "start"}, {"type": "answer", "sdp": answer})
        await transport.go_to(offer, [SlotDescription(each.mid, "video", next(iter(each.ssrcs)), 0) for each in media])

    def second(self, began: float, phase: str, seconds: float, cpu: float, lag: Spread) -> Second:
        """What happened since the last time."""
        now = time.time()
        for name, transport in self.transports:
            stats = self.stats[name]
            stats.inside += transport.endpoint.connected
            for slot in transport.lean.slots.values():
                slot.take(now)
            frames = [slot.first_frame_at for slot in transport.lean.slots.values() if slot.first_frame_at is not None]
            if frames and not transport.seen:
                transport.seen = True
                stats.first_frame.note(min(frames) - transport.began)
        groups = {}
        for name, stats in self.stats.items():
            stats.seconds = seconds
            groups[name] = stats.take()
        return Second(now - began, phase, groups, Stats(seconds=seconds, cpu=cpu, lag=lag))

    def close(self) -> None:
        """Let go of everyone."""
        for _, transport in self.transports:
            transport.close()


async def _play(scenario: Scenario, pid: int) -> tuple[report.Report, float]:
    poller, began, seconds = Poller(), time.time(), []
    poller.start()
    async with aiohttp.ClientSession() as http:
        api = janus._Api(http)
        events = await api.start()
        room = _Room(api, scenario, poller)
        try:
            await room.fill()
            seconds.append(room.second(began, "ramp", time.time() - began, time.process_time(), poller.lag))
            poller.lag = Spread()
            cpu, tester, at = cpu_seconds(pid), time.process_time(), time.time()
            await asyncio.sleep(scenario.duration)
            used = cpu_seconds(pid) - cpu
            spent, length = time.process_time() - tester, time.time() - at
            seconds.append(room.second(began, "measure", length, spent, poller.lag))
        finally:
            room.close()
            events.cancel()
            poller.close()
    return report.build(scenario, seconds, url=janus.API, started=began), used


def play(scenario: Scenario, core: int | None) -> tuple[report.Report, float]:
    """The report of a scenario in a Janus of our own, and seconds of its CPU while it was measured.

    Publishers of the scenario send one encoding, and watch nothing; nobody has a microphone.
    """
    process = janus.JanusProcess(core)
    try:
        return asyncio.run(_play(scenario, process.pid))
    finally:
        process.stop()
