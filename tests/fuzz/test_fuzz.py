"""Seeded mutation fuzzing: for any bytes, each parser raises only the exception that it documents.

`MILANIO_FUZZ_SECONDS` sets how long it runs in all, `MILANIO_FUZZ_SEED` the first seed. Findings go to `cases`.
"""

import os
import random
import time

import pytest

from sfu.secure.srtp import SrtpError
from sfu.transport import State
from sfu.wire import rtp
from tests.fuzz.cases.kept import KEPT
from tests.fuzz.mutate import mutate
from tests.fuzz.targets import TARGETS, Target
from tests.sim.conftest import MakeWorld, make_world
from tests.sim.network import World

__all__ = ["make_world"]

SECONDS = float(os.environ.get("MILANIO_FUZZ_SECONDS", "14"))
SEED = int(os.environ.get("MILANIO_FUZZ_SEED", "1"))
SHARE_OF_SESSIONS = 0.4

by_name = {target.name: target for target in TARGETS}


@pytest.mark.parametrize(("name", "data", "what"), KEPT, ids=[f"{name}: {what}" for name, _, what in KEPT])
def test_what_was_found_before_stays_harmless(name: str, data: str, what: str) -> None:
    assert what
    by_name[name].survives(bytes.fromhex(data))


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.name)
def test_valid_inputs_are_taken(target: Target) -> None:
    for data in target.corpus:
        target.survives(data)


@pytest.mark.timeout(0)
@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.name)
def test_only_the_documented_exception_is_raised(target: Target) -> None:
    rng = random.Random(SEED)
    end = time.perf_counter() + SECONDS * (1 - SHARE_OF_SESSIONS) / len(TARGETS)
    data = b""
    count = 0
    try:
        while time.perf_counter() < end:
            data = target.mutation(rng)
            target.survives(data)
            count += 1
    except Exception as error:
        error.add_note(f'("{target.name}", "{data.hex()}", ""),')
        raise
    assert count > 10


def _session(make_world: MakeWorld, seed: int) -> tuple[World, list[tuple[bytes, tuple[str, int]]]]:
    """Run a room of three while it connects and sends media; returns also the datagrams that its relay received."""
    world = make_world(seed)
    world.captured = []
    for name in "abc":
        world.join(name)
    world.connect()
    for viewer, shown in (("a", "b"), ("b", "c"), ("c", "a")):
        world.show(world.peers[viewer], "v0", f"{shown}.camera")
    world.run(1.0)
    captured, world.captured = world.captured, None
    return world, [(datagram, (str(address[0]), int(address[1]))) for datagram, address in captured]


@pytest.mark.timeout(0)
@pytest.mark.parametrize("stage", ["before anything", "in a handshake", "in a call"])
def test_mutated_traffic_of_a_whole_session_disturbs_nobody(make_world: MakeWorld, stage: str) -> None:
    rng = random.Random(SEED)
    end = time.perf_counter() + SECONDS * SHARE_OF_SESSIONS / 3
    _, recorded = _session(make_world, 1)
    corpus = [datagram for datagram, _ in recorded]
    world, _ = _session(make_world, 2)
    world.run(0.2)
    if stage != "in a call":
        late = world.join("late")
        world.run(0.0 if stage == "before anything" else 0.075)
        late.silent = True
    addresses = [peer.address for peer in world.peers.values()]
    data = b""
    try:
        while time.perf_counter() < end:
            for _ in range(50):
                data = mutate(rng.choice(corpus), corpus, rng)[:1600]
                world.deliver(data, rng.choice([*addresses, ("203.0.113.5", rng.randrange(1024, 65_536))]))
            world.run(0.02)
    except Exception as error:
        error.add_note(f"the last datagram was {data.hex()}")
        raise
    for name in "abc":
        peer = world.peers[name]
        assert peer.transport.state is State.CONNECTED
        assert peer.video["v0"].frames[-1].at > world.now - 0.5
        assert peer.video["v0"].undecodable == 0
        assert len(peer.transport.ice.addresses) == 1
        assert len(peer.transport.receiver._streams) <= 64


@pytest.mark.timeout(0)
def test_mutated_packets_of_a_member_under_right_keys_disturb_nobody_else(make_world: MakeWorld) -> None:
    """The same with encryption: a member sends authentic rubbish."""
    rng = random.Random(SEED)
    world, _ = _session(make_world, 3)
    hostile = world.join("hostile")
    world.connect()
    world.run(0.3)
    srtp = hostile.endpoint._srtp
    assert srtp is not None
    hostile.silent = True
    receiver = hostile.transport.receiver
    rtp_corpus = [
        rtp.build_packet(
            payload_type, 5, 6, encoding.ssrc, payload, extensions={1: encoding.publication.mid.encode(), 5: b"x"}
        )
        for encoding in receiver.encodings()
        for payload_type in (*encoding.publication.codecs, 97)
        for payload in (by_name["vp8"].corpus[0], b"", b"x" * 300)
    ]
    rtcp_corpus = by_name["rtcp"].corpus
    world.show(world.peers["c"], "v1", "hostile.camera", 150)
    world.peers["c"].video["v1"].ignored = True
    end = time.perf_counter() + SECONDS / 8
    sent = 0
    while time.perf_counter() < end:
        for number in range(40):
            is_rtp = number % 3 > 0
            corpus = rtp_corpus if is_rtp else rtcp_corpus
            packet = bytearray(mutate(rng.choice(corpus), corpus, rng)[:1400])
            if is_rtp:
                packet[2:4] = ((sent + rng.choice((1, 1, 1, 5, -5))) & 0xFFFF).to_bytes(2)
            try:
                datagram = (srtp.protect if is_rtp else srtp.protect_rtcp)(bytes(packet))
            except SrtpError:
                continue  # libsrtp encrypts neither everything nor anything twice
            world.deliver(datagram, hostile.address)
            sent += 1
        world.run(0.02)
    assert sent > 1000
    for name in "abc":
        video = world.peers[name].video["v0"]
        assert video.frames[-1].at > world.now - 0.5
        assert video.undecodable == 0
        assert world.peers[name].transport.state is State.CONNECTED
