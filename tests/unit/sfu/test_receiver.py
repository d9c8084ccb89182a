"""Which stream a packet belongs to."""

import pytest

from sfu import rtp
from sfu.codecs import Codec
from sfu.dtls import PROFILES
from sfu.publication import STREAM_BURST, STREAMS_PER_SECOND, SendSection
from sfu.receiver import MAX_MISSING, MAX_SSRCS, POLL_INTERVAL
from sfu.rtp import Mid, Ssrc
from tests import cpu_cost
from tests.sim.peer import RIDS, SEND_IDS, VP8
from tests.unit.sfu.rig import AUDIO, CAMERA, RED, Rig

H264 = Codec("H264", 98, 90_000)

KEY = bytes.fromhex("1000009d012a0000000000")


@pytest.mark.parametrize(
    ("payload_type", "values", "reason"),
    [
        (96, {}, "no media section"),
        (96, {1: b"9"}, "no media section"),
        (96, {1: b"1", 2: b"x"}, "no such RID"),
        (96, {1: b"1"}, "no such RID"),
        (96, {1: b"1", 2: b"\xff"}, "no such RID"),
        (50, {1: b"1", 2: b"q"}, "unknown payload type"),
        (97, {1: b"1", 3: b"q"}, "retransmission of nothing"),
    ],
)
def test_a_packet_of_no_stream_is_dropped_with_a_reason(
    payload_type: int, values: dict[int, bytes], reason: str
) -> None:
    rig = Rig()
    rig.publish(payload_type, 1, 1, 7, KEY, values)
    assert rig.relay.drops == {reason: 1}
    assert rig.publisher.transport.receiver.encodings() == []


def test_a_stream_is_known_by_its_ssrc_once_it_was_named() -> None:
    rig = Rig()
    rig.publish(96, 1, 1, 7, KEY, {1: b"1", 2: b"q"})
    rig.publish(96, 2, 1, 7, KEY)
    assert rig.encoding(0).stats.packets == 2


def test_audio_is_known_by_its_payload_type_alone() -> None:
    rig = Rig()
    rig.publish(111, 1, 1, 7, b"x")
    assert rig.publisher.transport.receiver.publications[AUDIO].encodings


def test_a_retransmission_is_put_where_it_was_missing_and_comes_once() -> None:
    rig = Rig()
    for seq in (65_534, 0):
        rig.publish(96, seq, 1, 7, KEY, {1: b"1", 2: b"q"})
    for seq in (5, 6):
        rig.publish(97, seq, 1, 8, b"\xff\xff" + KEY, {1: b"1", 3: b"q"})
    rig.publish(97, 7, 1, 8, b"")
    kept = rig.encoding(0).cache.get(65_535)
    assert kept is not None
    assert kept.payload == KEY
    assert rig.relay.drops == {"duplicate": 1, "probe": 1}
    assert rig.encoding(0).rtx_ssrc == 8


def test_a_sender_that_begins_anew_under_another_ssrc_keeps_its_place() -> None:
    rig = Rig()
    rig.publish(96, 1, 1, 7, KEY, {1: b"1", 2: b"q"})
    first = rig.encoding(0)
    rig.publish(96, 500, 1, 9, KEY, {1: b"1", 2: b"q"})
    assert rig.encoding(0) is not first
    assert rig.encoding(0).ssrc == 9
    assert len(rig.publisher.transport.receiver.encodings()) == 1


def test_ssrcs_are_counted_for_good_also_when_each_replaces_the_one_before() -> None:
    rig = Rig()
    for ssrc in range(1, 500):
        rig.now += 1 / STREAMS_PER_SECOND
        rig.publish(96, 1, 1, ssrc, KEY, {1: b"1", 2: b"q"})
    receiver = rig.publisher.transport.receiver
    assert len(receiver._streams) == MAX_SSRCS
    assert rig.relay.drops["too many SSRCs"] == 499 - MAX_SSRCS
    assert rig.encoding(0).ssrc == MAX_SSRCS


@pytest.mark.parametrize("kind", ["codecs", "SSRCs"])
def test_streams_of_a_publication_begin_only_so_often(kind: str) -> None:
    rig = Rig()
    section = SendSection(CAMERA, "video", {96: VP8, 98: H264}, RIDS)
    rig.publisher.transport.negotiate([section], [], SEND_IDS)
    receiver = rig.publisher.transport.receiver
    begun = set()
    changes = 0
    for step in range(3000):
        rig.now += 0.001
        ssrc = 7 + step // 100 if kind == "SSRCs" else 7
        rig.publish(96 if kind == "SSRCs" or step % 2 else 98, step, step, ssrc, KEY, {1: b"1", 2: b"q"})
        begun.add(rig.encoding(0))
        changes += receiver.new_encodings
        receiver.new_encodings = False
    assert STREAM_BURST <= len(begun) <= STREAM_BURST + 3 * STREAMS_PER_SECOND + 1
    assert changes == len(begun)
    assert rig.relay.drops["of a stream that begins too often"] > 1000
    rig.now += 2.0
    payload_type = 96 if rig.encoding(0).codec.payload_type == 98 else 98
    rig.publish(payload_type, 3000, 3000, 7 if kind == "codecs" else 36, KEY, {1: b"1", 2: b"q"})
    assert rig.encoding(0).codec.payload_type == payload_type


def test_losses_in_all_streams_at_once_are_bounded_and_cost_little_to_wait_for() -> None:
    rig = Rig()
    mids = [Mid(f"s{number}") for number in range(60)]
    rig.publisher.transport.negotiate([SendSection(mid, "video", {96: VP8}) for mid in mids], [], SEND_IDS)
    receiver = rig.publisher.transport.receiver
    for number, mid in enumerate(mids):
        for seq in (1, 251):
            rig.publish(96, seq, 1, 1000 + number, KEY, {1: mid.encode()})
    encodings = receiver.encodings()
    assert sum(each.nack.missing for each in encodings) == 60 * 249
    assert cpu_cost.microseconds(receiver.timeout, 50) < cpu_cost.limit(50)
    rig.now += 0.02
    receiver.poll(rig.now)
    assert sum(each.nack.missing for each in encodings) <= MAX_MISSING
    # Whoever loses more packets all the time isn't looked at more often than that.
    for number, mid in enumerate(mids):
        rig.now += 0.0001
        rig.publish(96, 261, 1, 1000 + number, KEY, {1: mid.encode()})
    due = receiver.timeout()
    assert due is not None
    assert due >= rig.now - 0.006 + POLL_INTERVAL


def test_a_stream_that_the_sdp_names_needs_no_extensions() -> None:
    rig = Rig(profile=PROFILES[2])
    named = SendSection(Mid("5"), "video", {96: VP8}, (), ((Ssrc(70), Ssrc(71)),))
    rig.publisher.transport.negotiate([named], [], SEND_IDS)
    rig.publish(97, 1, 1, 71, b"\x00\x01" + KEY)
    rig.publish(96, 1, 1, 70, KEY)
    (encoding,) = rig.publisher.transport.receiver.publications[Mid("5")].encodings.values()
    assert (encoding.ssrc, encoding.rtx_ssrc, encoding.stats.packets) == (70, 71, 1)


def test_a_sender_that_changes_codecs_gets_a_new_encoding_under_its_ssrc() -> None:
    rig = Rig()
    rig.publish(111, 1, 1, 7, b"x", {1: b"0"})
    rig.publish(RED.payload_type, 2, 2, 7, b"\x6fx")
    (encoding,) = rig.publisher.transport.receiver.publications[AUDIO].encodings.values()
    assert (encoding.codec.name, encoding.ssrc) == ("red", 7)


def test_what_is_no_rtp_behind_the_encryption_is_dropped() -> None:
    rig = Rig()
    packet = bytearray(rtp.build_packet(96, 1, 1, 7, KEY, extensions={1: CAMERA.encode()}))
    packet[0] |= 0x20
    packet[-1] = 255
    rig.deliver(rig.publisher.protect.protect(bytes(packet)))
    assert rig.relay.drops == {"not RTP": 1}
