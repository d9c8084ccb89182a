"""Which stream a packet belongs to."""

import pytest

from sfu import rtp
from sfu.dtls import PROFILES
from sfu.publication import SendSection
from sfu.receiver import MAX_SSRCS
from sfu.rtp import Mid, Ssrc
from tests.sim.peer import SEND_IDS, VP8
from tests.unit.sfu.rig import AUDIO, CAMERA, RED, Rig

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
        rig.publish(96, 1, 1, ssrc, KEY, {1: b"1", 2: b"q"})
    receiver = rig.publisher.transport.receiver
    assert len(receiver._streams) == MAX_SSRCS
    assert rig.relay.drops["too many SSRCs"] == 499 - MAX_SSRCS
    assert rig.encoding(0).ssrc == MAX_SSRCS


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
