"""Datagrams from nobody and from members who mean harm: nothing changes but counters, and nobody else notices."""

import itertools
import os
import struct
from typing import Any

import pytest

from sfu.secure.dtls import Certificate, Dtls
from sfu.secure.srtp import MAX_RTCP_SSRCS, OutgoingSrtp
from sfu.transport import CHECK_BURST, CHECKS_PER_SECOND, DTLS_BURST, DTLS_PER_SECOND, State
from sfu.wire import rtcp, rtp, stun
from sfu.wire.rtcp import SenderReport
from sfu.wire.rtp import Mid
from sfu.wire.stun import Address
from tests.sim.conftest import MakeWorld
from tests.sim.media import Content, VideoReceiver, encode_video
from tests.sim.network import Link, World
from tests.sim.peer import CAMERA, SEND_IDS, VP8, Peer

NOBODY: Address = ("203.0.113.66", 6666)
FATAL_ALERT = bytes.fromhex("15fefd000000000000000500020228")


def client_hello() -> bytes:
    dtls = Dtls(Certificate(), Certificate().fingerprint, is_server=False)
    dtls.start(0.0)
    return dtls.outgoing[0]


def foreign_datagrams() -> list[bytes]:
    rtp_like = rtp.build_packet(96, 1, 2, 3, bytes(200))
    return [
        b"",
        b"\x00",
        b"\x16",
        b"\x80",
        b"\xff",
        bytes(1501),
        bytes([0x80]) * 1501,
        *(os.urandom(size) for size in (2, 12, 20, 100, 1500)),
        *(bytes((first,)) + os.urandom(99) for first in range(0, 256, 5)),
        client_hello(),
        FATAL_ALERT,
        rtp_like,
        rtcp.build_pli(1, 2) + bytes(14),
        bytes.fromhex("000100002112a442") + bytes(12),
        bytes.fromhex("000100ff2112a442") + bytes(12),
    ]


def tables(world: World) -> Any:
    """The sizes of all that a relay keeps."""
    relay = world.relay
    return (
        len(relay._transports),
        len(relay._by_address),
        len(relay._direct),
        [
            (
                transport.state,
                len(transport.ice.addresses),
                transport.ice.address,
                len(transport.receiver._streams),
                len(transport.receiver.encodings()),
                len(transport.outgoing),
                transport.outgoing_srtp is None,
            )
            for transport in relay.transports
        ],
    )


def is_whole(video: VideoReceiver, sender: int, since: float) -> bool:
    """Whether every frame that one sender made after `since` was seen."""
    frames = [frame for frame in video.frames if frame.at > since]
    numbers = [frame.number for frame in frames]
    return (
        bool(frames)
        and {frame.sender for frame in frames} == {sender}
        and numbers == list(range(numbers[0], numbers[0] + len(numbers)))
    )


def three(make_world: MakeWorld, seed: int) -> tuple[World, Peer, Peer, Peer]:
    """A hostile member, one who is watched, and a viewer of both."""
    world = make_world(seed)
    hostile, victim, viewer = world.join("a"), world.join("b"), world.join("c", publish=())
    world.connect()
    world.show(viewer, "v0", "b.camera")
    world.show(viewer, "v1", "a.camera")
    world.run(2.0)
    assert len(viewer.video["v0"].frames) > 5
    return world, hostile, victim, viewer


@pytest.mark.parametrize("phase", [0.0, 0.03, 0.065, 0.085, 0.105, 0.125, 1.0, 3.5])
def test_foreign_datagrams_change_nothing_at_any_phase(make_world: MakeWorld, phase: float) -> None:
    world = make_world(1)
    world.join("a")
    viewer = world.join("b", publish=())
    world.show(viewer, "v0", "a.camera")
    world.run(phase)
    before = tables(world)
    for datagram in foreign_datagrams():
        drops = sum(world.relay.drops.values())
        world.deliver(datagram, NOBODY)
        world.flush()
        assert sum(world.relay.drops.values()) == drops + 1
    assert tables(world) == before
    assert world.sent_to[NOBODY] == 0
    since = world.now
    world.run(3.0)
    assert viewer.video["v0"].frames[-1].at > world.now - 0.3
    assert viewer.video["v0"].undecodable == 0
    assert phase < 3 or is_whole(viewer.video["v0"], 0, since)


@pytest.mark.parametrize("phase", [0.03, 0.065, 0.085, 0.105, 1.0, 3.5])
def test_noise_from_a_member_s_own_address_changes_nothing(make_world: MakeWorld, phase: float) -> None:
    world = make_world(2)
    sender, viewer = world.join("a"), world.join("b", publish=())
    world.show(viewer, "v0", "a.camera")
    world.run(phase)
    before = tables(world)
    for datagram in foreign_datagrams()[:-1]:
        if datagram == b"" or datagram[0] != 22:  # a forged handshake message: see `test_dtls`
            world.deliver(datagram, sender.address)
            world.flush()
    assert tables(world) == before
    world.run(3.0)
    assert viewer.video["v0"].frames[-1].at > world.now - 0.3
    assert viewer.video["v0"].undecodable == 0


def test_a_flood_of_checks_that_are_not_authentic_gets_no_answer_and_leaves_no_state(make_world: MakeWorld) -> None:
    world, hostile, _, viewer = three(make_world, 3)
    ice = hostile.transport.ice
    good = f"{ice.local.ufrag}:{ice.remote.ufrag}"

    def request(user: str, password: str) -> bytes:
        return stun.build_request(user, password, priority=1, tie_breaker=1, nominate=True)

    right = request(good, ice.local.password)
    body = right[20:-8][:-24]
    no_integrity = right[:2] + struct.pack("!H", len(body)) + right[4:20] + body
    bad = [
        request(good, "wrong" * 6),
        request("nobody:" + ice.remote.ufrag, ice.local.password),
        request(ice.local.ufrag + ":somebody", ice.local.password),
        request(ice.local.ufrag, ice.local.password),
        request("", ""),
        request("\x00" * 500, ice.local.password),
        no_integrity,
        *(right[:end] for end in range(20, len(right), 4)),
        right[:-1] + bytes((right[-1] ^ 1,)),
    ]
    before, since = tables(world), world.now
    for number in range(2000):
        world.deliver(bad[number % len(bad)], ("203.0.113.66", 1024 + number))
    world.flush()
    assert tables(world) == before
    assert not any(address[0] == "203.0.113.66" for address in world.sent_to)
    world.run(2.0)
    assert is_whole(viewer.video["v0"], 1, since)


def test_a_check_answer_is_no_longer_than_the_check(make_world: MakeWorld) -> None:
    world, hostile, _, _ = three(make_world, 4)
    ice = hostile.transport.ice
    user = f"{ice.local.ufrag}:{ice.remote.ufrag}"
    check = stun.build_request(user, ice.local.password, priority=1, tie_breaker=1, nominate=False)
    message = stun.parse(check)
    answer = hostile.transport.receive_check(message, hostile.address, world.now)
    assert answer is not None
    assert len(answer) <= len(check)


def test_media_under_somebody_else_s_names_never_gets_into_their_streams(make_world: MakeWorld) -> None:
    world, hostile, victim, viewer = three(make_world, 5)
    viewer.video["v1"].ignored = True
    since = world.now
    for step in range(200):
        camera = victim.cameras[step % 3]
        fake = encode_video(Content(99, 0, step, 0, 1), key=True, picture=step, tl0=step & 0xFF)
        names = {1: CAMERA.encode(), 2: camera.rid.encode()}
        for values in ({}, names):
            seq = (victim.cameras[0].seq + 2 * step + bool(values)) & 0xFFFF
            hostile.send(VP8.payload_type, seq, camera.timestamp(world.now), camera.ssrc, fake, values)
        hostile.send(97, step, 0, camera.rtx_ssrc, camera.seq.to_bytes(2) + fake, {1: b"1", 3: camera.rid.encode()})
        for packet in (
            rtcp.build_sender_report(SenderReport(camera.ssrc, 1 << 63, 12345, 1, 1)),
            rtcp.build_goodbye([camera.ssrc]),
            rtcp.build_pli(camera.ssrc, camera.ssrc),
            rtcp.build_nack(1, viewer.ssrc_of("v0"), range(100)),
        ):
            hostile.endpoint.send_rtcp(packet)
        world.carry_up(hostile)
        world.run(0.02)
    assert is_whole(viewer.video["v0"], victim.number, since)
    assert viewer.video["v0"].longest_freeze(since, world.now) < 0.25
    assert {frame.sender for frame in viewer.video["v0"].frames} == {victim.number}


def test_twenty_thousand_ssrcs_are_capped_before_decryption(make_world: MakeWorld) -> None:
    world, hostile, victim, viewer = three(make_world, 6)
    since = world.now
    dtls = hostile.endpoint._dtls
    assert dtls is not None
    assert dtls.keys is not None
    kinds: list[tuple[int, dict[int, bytes]]] = [
        (96, {}),
        (96, {1: b"1", 2: b"q"}),
        (96, {1: b"1", 2: b"nothing"}),
        (50, {1: b"1"}),
        (97, {1: b"1", 3: b"q"}),
        (111, {1: b"0"}),
        (96, {1: b"none"}),
    ]
    for block in range(100):
        srtp = OutgoingSrtp(dtls.keys)
        for number in range(200):
            ssrc = block * 200 + number + 1
            payload_type, values = kinds[ssrc % len(kinds)]
            packet = rtp.build_packet(payload_type, 1, 1, ssrc, bytes(30), extensions=values)
            world.deliver(srtp.protect(packet), hostile.address)
        world.flush()
    receiver = hostile.transport.receiver
    assert len(receiver._streams) <= 64
    assert world.relay.drops["too_many_ssrcs"] > 19_900
    world.run(1.0)
    assert is_whole(viewer.video["v0"], victim.number, since)


def test_rtcp_under_ever_new_ssrcs_is_capped_before_decryption(make_world: MakeWorld) -> None:
    world, hostile, victim, viewer = three(make_world, 16)
    dtls = hostile.endpoint._dtls
    assert dtls is not None
    assert dtls.keys is not None
    since = world.now
    incoming = hostile.transport.incoming_srtp
    assert incoming is not None
    known = len(incoming._rtcp_ssrcs)
    # Neither forgeries nor copies count: a stranger must not use up what belongs to the client.
    for number in range(2 * MAX_RTCP_SSRCS):
        world.deliver(struct.pack("!BBHI", 0x80, 201, 1, number) + os.urandom(20), hostile.address)
    assert len(incoming._rtcp_ssrcs) == known
    refused = world.relay.drops["too_many_ssrcs"]
    for number in range(1000):
        if not number % 250:
            srtp = OutgoingSrtp(dtls.keys)
        world.deliver(srtp.protect_rtcp(struct.pack("!BBHI", 0x80, 201, 1, number + 1)), hostile.address)
    assert len(incoming._rtcp_ssrcs) == MAX_RTCP_SSRCS
    assert world.relay.drops["too_many_ssrcs"] - refused >= 1000 - MAX_RTCP_SSRCS
    world.run(1.0)
    assert is_whole(viewer.video["v0"], victim.number, since)


def test_rtcp_over_the_budget_is_dropped_and_the_call_goes_on(make_world: MakeWorld) -> None:
    world, hostile, victim, viewer = three(make_world, 17)
    since = world.now
    storm = rtcp.build_nack(1, hostile.ssrc_of("v0"), range(800))
    for _ in range(200):
        for _ in range(20):
            hostile.endpoint.send_rtcp(storm)
        world.carry_up(hostile)
        world.run(0.01)
    # 2,000 datagrams a second at 56 each, against a budget of 20,000.
    assert 2700 < world.relay.drops["rtcp_over_budget"] < 3100
    world.run(2.0)
    assert hostile.transport.state is State.CONNECTED
    assert is_whole(viewer.video["v0"], victim.number, since)
    before = world.relay.drops["rtcp_over_budget"]
    hostile.endpoint.send_rtcp(rtcp.build_pli(1, hostile.ssrc_of("v0")))
    world.carry_up(hostile)
    assert world.relay.drops["rtcp_over_budget"] == before


def test_checks_over_the_budget_neither_cost_much_nor_end_the_consent_of_the_client(make_world: MakeWorld) -> None:
    world, hostile, victim, viewer = three(make_world, 18)
    for camera in (*hostile.cameras, *victim.cameras):
        camera.interval = 0.5
    ice = hostile.transport.ice
    forged = stun.build_request(
        f"{ice.local.ufrag}:{ice.remote.ufrag}", "wrong" * 6, priority=1, tie_breaker=1, nominate=True
    )
    for _ in range(350):
        for number in range(100):
            world.deliver(forged, ("203.0.113.66", 1024 + number))
        world.run(0.1)
    drops = world.relay.drops
    assert drops["stun_not_authentic"] < 35.5 * CHECKS_PER_SECOND + CHECK_BURST
    assert drops["stun_not_authentic"] + drops["stun_over_budget"] == 35_000
    assert hostile.transport.state is State.CONNECTED
    assert viewer.transport.state is State.CONNECTED


def test_captured_media_sent_again_leads_to_nothing(make_world: MakeWorld) -> None:
    world, hostile, victim, viewer = three(make_world, 7)
    world.captured = []
    world.run(2.0)
    captured, world.captured = world.captured, None
    for peer in (hostile, victim):
        peer.up.cut = True
    world.run(0.3)
    forwarded, frames = world.relay.forwarded, len(viewer.video["v0"].frames)
    requests, lost = len(victim.keyframe_requests), dict(world.relay.drops)
    media = [(datagram, address) for datagram, address in captured if rtp.is_rtp_or_rtcp(datagram[0])]
    for datagram, address in media:
        world.deliver(datagram, address)
        world.flush()
    world.run(0.3)
    assert world.relay.forwarded == forwarded
    assert len(viewer.video["v0"].frames) == frames
    assert len(victim.keyframe_requests) == requests
    assert world.relay.drops["srtp_replayed"] - lost.get("replayed", 0) == len(media) > 300


def test_captured_media_of_one_sent_from_another_s_address_leads_to_nothing(make_world: MakeWorld) -> None:
    world, hostile, victim, viewer = three(make_world, 8)
    world.captured = []
    world.run(1.0)
    captured, world.captured = world.captured, None
    # libsrtp compares the number of an RTCP packet with those that the hostile one has used before it authenticates it.
    reasons = ("srtp_not_authentic", "srtp_replayed", "too_many_ssrcs")
    since, before = world.now, sum(world.relay.drops[reason] for reason in reasons)
    media = [each for each, address in captured if rtp.is_rtp_or_rtcp(each[0]) and address == victim.address]
    for datagram in media:
        world.deliver(datagram, hostile.address)
    world.flush()
    assert sum(world.relay.drops[reason] for reason in reasons) - before == len(media)
    world.run(1.0)
    assert is_whole(viewer.video["v0"], victim.number, since)


def test_a_thousand_keyframe_wishes_a_second_become_two(make_world: MakeWorld) -> None:
    world, _, victim, viewer = three(make_world, 9)
    start, before = world.now, len(victim.keyframe_requests)
    for _ in range(300):
        for _ in range(10):
            viewer.endpoint.send_rtcp(rtcp.build_pli(1, viewer.ssrc_of("v0")))
        world.carry_up(viewer)
        world.run(0.01)
    world.run(0.2)
    requests = victim.keyframe_requests[before:]
    for ssrc in {ssrc for _, ssrc in requests}:
        times = [at for at, each in requests if each == ssrc]
        assert len(times) <= 7
        assert all(later - earlier > 0.49 for earlier, later in itertools.pairwise(times))
    assert is_whole(viewer.video["v0"], victim.number, start)


def test_keyframe_wishes_for_somebody_else_s_slot_reach_nobody(make_world: MakeWorld) -> None:
    world, hostile, victim, viewer = three(make_world, 10)
    before = len(victim.keyframe_requests)
    for ssrc in (viewer.ssrc_of("v0"), victim.cameras[2].ssrc, 0):
        hostile.endpoint.send_rtcp(rtcp.build_pli(1, ssrc))
    world.carry_up(hostile)
    world.run(1.0)
    assert len(victim.keyframe_requests) == before
    assert world.relay.drops["pli_unknown_ssrc"] == 3


def test_a_storm_of_nacks_is_answered_with_a_share_of_the_media(make_world: MakeWorld) -> None:
    world, _, victim, viewer = three(make_world, 11)
    slot = viewer.transport.sender.slots[Mid("v0")]
    start, sent = world.now, world.sent_to[viewer.address]
    sender = viewer.transport.sender
    octets = sum(each.forwarder.octets for each in sender.slots.values())
    packets = sum(each.forwarder.packets for each in sender.slots.values())
    for _ in range(300):
        last = slot.forwarder.munger.last_seq
        viewer.endpoint.send_rtcp(
            rtcp.build_nack(1, slot.forwarder.ssrc, [(last - back) & 0xFFFF for back in range(500, -1, -1)])
        )
        world.carry_up(viewer)
        world.run(0.01)
    media = sum(each.forwarder.octets for each in sender.slots.values())
    repairs = (
        world.sent_to[viewer.address] - sent - (sum(each.forwarder.packets for each in sender.slots.values()) - packets)
    )
    assert repairs * 80 < 100_000 + 0.5 * (media - octets) + 80 * 200
    assert world.relay.drops["nack_over_limit"] + world.relay.drops["nack_packet_gone"] > 10_000
    assert is_whole(viewer.video["v0"], victim.number, start)


def test_feedback_about_packets_that_were_never_sent_changes_nobody_s_media(make_world: MakeWorld) -> None:
    world, hostile, victim, viewer = three(make_world, 12)
    since = world.now
    for count in range(100):
        base = (count * 7919) & 0xFFFF
        for packet in (
            rtcp.build_transport_feedback(1, 1, base, count, list(range(0, 2000, 5))),
            rtcp.build_nack(1, hostile.ssrc_of("v0"), range(0, 4000, 17)),
            rtcp.build_nack(1, viewer.ssrc_of("v0"), range(200)),
            rtcp.build_receiver_report(
                rtcp.ReceiverReport(1, (rtcp.ReportBlock(viewer.ssrc_of("v0"), 255, 8_000_000, 1, 1, 1, 1),))
            ),
            b"\x8f\xcd\x00\x01" + bytes(4),
            b"\xaf\xcd\x00\x01" + b"\xff" * 4,
        ):
            hostile.endpoint.send_rtcp(packet)
        world.carry_up(hostile)
        world.run(0.01)
    world.run(1.0)
    assert is_whole(viewer.video["v0"], victim.number, since)
    assert viewer.transport.sender.loss < 0.05


@pytest.mark.parametrize("value", [b"", bytes(17), bytes(255)], ids=["empty", "17 bytes", "255 bytes"])
def test_two_byte_extension_elements_that_fit_no_one_byte_element_disturb_nobody(
    make_world: MakeWorld, value: bytes
) -> None:
    world, hostile, victim, viewer = three(make_world, 13)
    since = world.now
    viewer.video["v1"].ignored = True
    camera = hostile.cameras[2]
    for identifier in SEND_IDS:
        element = bytes((identifier, len(value))) + value
        element += bytes(-len(element) % 4)
        header = struct.pack("!BBHII", 0x90, 96, camera.seq, 0, camera.ssrc)
        camera.seq = (camera.seq + 1) & 0xFFFF
        hostile.endpoint.send_rtp(header + struct.pack("!HH", 0x1000, len(element) // 4) + element + bytes(50))
        microphone = hostile.microphone
        assert microphone is not None
        header = struct.pack("!BBHII", 0x90, 111, microphone.seq, 0, microphone.ssrc)
        microphone.seq = (microphone.seq + 1) & 0xFFFF
        hostile.endpoint.send_rtp(header + struct.pack("!HH", 0x1000, len(element) // 4) + element + bytes(50))
        world.carry_up(hostile)
    world.run(1.0)
    assert is_whole(viewer.video["v0"], victim.number, since)


def test_a_member_s_check_from_another_s_address_takes_nothing_from_them(make_world: MakeWorld) -> None:
    world, hostile, victim, viewer = three(make_world, 16)
    ice = hostile.transport.ice
    user = f"{ice.local.ufrag}:{ice.remote.ufrag}"
    since = world.now
    for _ in range(20):
        check = stun.build_request(user, ice.local.password, priority=1, tie_breaker=1, nominate=False)
        world.deliver(check, victim.address)
        world.run(0.1)
    assert viewer.video["v0"].longest_freeze(since, world.now) < 0.3


def test_a_flood_of_dtls_from_a_member_is_dropped_over_its_budget(make_world: MakeWorld) -> None:
    world, hostile, victim, viewer = three(make_world, 19)
    since = world.now
    hello = client_hello()
    for _ in range(100):
        for _ in range(50):
            world.deliver(hello, hostile.address)
        world.run(0.01)
    over = world.relay.drops["dtls_over_budget"]
    assert 5000 - DTLS_BURST - 1.1 * DTLS_PER_SECOND <= over <= 5000 - DTLS_BURST
    world.run(1.0)
    assert hostile.transport.state is State.CONNECTED
    assert is_whole(viewer.video["v0"], victim.number, since)


def test_half_open_handshakes_end_and_leave_nothing(make_world: MakeWorld) -> None:
    world = make_world(14)
    a, b = world.join("a"), world.join("b")
    world.connect()
    world.show(b, "v0", "a.camera")
    for number in range(60):
        peer = world.join(f"half{number}", publish=(), audio_slots=0, video_slots=0)
    world.run(0.075)
    for peer in world.peers.values():
        if peer.name.startswith("half"):
            assert peer.transport.dtls.timeout() is not None
            peer.silent = True
    since = world.now
    world.run(11.0)
    assert world.relay.transports == [a.transport, b.transport]
    assert set(world.relay._by_address) == {a.address, b.address}
    assert b.video["v0"].longest_freeze(since, world.now) < 0.3


def test_every_answer_to_a_sender_has_a_real_media_ssrc(make_world: MakeWorld) -> None:
    world = make_world(15, Link(loss=0.02))
    sender = world.join("a")
    world.join("b", publish=())
    world.connect()
    world.run(5.0)
    ours = {camera.ssrc for camera in sender.cameras}
    assert sender.microphone is not None
    ours.add(sender.microphone.ssrc)
    later = sender.feedback[5:]
    assert len(later) > 30
    assert {each.media_ssrc for each in later} <= ours
    covered = sum(arrival is not None for each in later for arrival in each.arrivals)
    assert covered > 200
