"""Which stream a packet belongs to."""

import pytest

from sfu.codecs import Codec
from sfu.publication import ALIVE, STREAM_BURST, STREAMS_PER_SECOND
from sfu.receiver import MAX_ENDED, MAX_MISSING, MAX_SSRCS, NEW_SSRCS_PER_SECOND, SLOW_POLL_INTERVAL
from sfu.sections import SendSection
from sfu.secure.dtls import PROFILES
from sfu.wire import extensions, rtp
from sfu.wire.rtp import Mid, Rid, Ssrc
from tests import cpu_cost
from tests.sim.peer import RIDS, SEND_IDS, VP8
from tests.unit.sfu.rig import AUDIO, CAMERA, RED, Rig

H264 = Codec("H264", 98, 90_000)

KEY = bytes.fromhex("1000009d012a0000000000")


@pytest.mark.parametrize(
    ("payload_type", "values", "reason"),
    [
        (96, {}, "unknown_mid"),
        (96, {1: b"9"}, "unknown_mid"),
        (96, {1: b"1", 2: b"x"}, "unknown_rid"),
        (96, {1: b"1"}, "unknown_rid"),
        (96, {1: b"1", 2: b"\xff"}, "unknown_rid"),
        (50, {1: b"1", 2: b"q"}, "unknown_payload_type"),
        (97, {1: b"1", 3: b"q"}, "unknown_retransmission"),
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


def kept(rig: Rig) -> int:
    """How many SSRCs libsrtp keeps of the publisher."""
    receiver = rig.publisher.transport.receiver
    return len(receiver._streams) + len(receiver._unplaced) + len(receiver._newly_ended)


def test_no_more_ssrcs_come_at_a_time_than_the_limit_and_few_in_the_long_run() -> None:
    rig = Rig()
    for ssrc in range(1, 500):
        rig.now += 1 / STREAMS_PER_SECOND
        rig.publish(96, 1, 1, ssrc, KEY, {1: b"1", 2: b"q"})
    assert rig.relay.drops["too_many_ssrcs"] == 499 - MAX_SSRCS
    assert rig.encoding(0).ssrc == MAX_SSRCS
    transport = rig.publisher.transport
    for second in range(10):
        transport.receiver.poll(rig.now + second)
    for ssrc in range(1000, 1500):
        rig.now += 1 / STREAMS_PER_SECOND
        rig.publish(96, 1, 1, ssrc, KEY, {1: b"1", 2: b"q"})
    assert rig.encoding(0).ssrc == 1000 + 9 * NEW_SSRCS_PER_SECOND - 1


@pytest.mark.parametrize("layers", [1, 3])
def test_a_sender_may_begin_again_under_another_ssrc_as_often_as_it_likes(layers: int) -> None:
    rig = Rig()
    transport = rig.publisher.transport
    for number in range(200):
        for layer in range(layers):
            rid, ssrc = RIDS[layer].encode(), 10 * number + layer + 1
            rig.publish(96, 1, 1, ssrc, KEY, {1: b"1", 2: rid})
            rig.publish(97, 1, 1, ssrc + 5, b"\x00\x00" + KEY, {1: b"1", 3: rid})
            assert rig.encoding(layer).ssrc == ssrc
            assert rig.encoding(layer).rtx_ssrc == ssrc + 5
        rig.flush()
        rig.now += layers
        transport.receiver.poll(rig.now)
        for ended in transport.receiver.take_ended():
            assert transport.incoming_srtp is not None
            transport.incoming_srtp.forget(ended)
    assert set(rig.relay.drops) <= {"duplicate"}
    assert kept(rig) <= 2 * layers
    assert len(transport.receiver._ended) <= MAX_ENDED


def test_late_packets_of_a_stream_that_was_replaced_change_nothing() -> None:
    rig = Rig()
    rig.publish(96, 1, 1, 7, KEY, {1: b"1", 2: b"q"})
    rig.publish(96, 500, 1, 9, KEY, {1: b"1", 2: b"q"})
    rig.publish(96, 2, 1, 7, KEY, {1: b"1", 2: b"q"})
    assert rig.encoding(0).ssrc == 9
    rig.publisher.transport.poll(rig.now + 1)
    rig.publish(96, 3, 1, 7, KEY, {1: b"1", 2: b"q"})
    rig.publish(96, 501, 1, 9, KEY)
    assert (rig.encoding(0).ssrc, rig.encoding(0).stats.packets) == (9, 2)
    assert rig.relay.drops == {"stream_replaced": 2}


def test_each_new_section_may_have_streams_of_its_own() -> None:
    rig = Rig()
    transport = rig.publisher.transport
    for number in range(100):
        mid = Mid(f"c{number}")
        transport.negotiate([SendSection(mid, "video", {96: VP8}, RIDS)], [], SEND_IDS)
        for layer, rid in enumerate(RIDS):
            ssrc = 10 * number + layer + 1
            rig.publish(96, 1, 1, ssrc, KEY, {1: mid.encode(), 2: rid.encode()})
            rig.publish(97, 1, 1, ssrc + 5, b"\x00\x00" + KEY, {1: mid.encode(), 3: rid.encode()})
        encodings = transport.receiver.publications[mid].encodings
        assert [(encoding.ssrc, encoding.rtx_ssrc) for encoding in encodings.values()] == [
            (10 * number + layer + 1, 10 * number + layer + 6) for layer in range(3)
        ]
        transport.poll(rig.now)
    assert kept(rig) <= MAX_SSRCS
    assert list(transport.receiver.publications) == ["c99"]


def test_the_ssrc_of_an_ended_section_may_turn_up_in_another() -> None:
    rig = Rig()
    rig.publish(96, 1, 1, 7, KEY, {1: b"1", 2: b"q"})
    again = SendSection(Mid("5"), "video", {96: VP8})
    rig.publisher.transport.negotiate([again], [], SEND_IDS)
    rig.publish(96, 2, 1, 7, KEY, {1: b"5"})
    (encoding,) = rig.publisher.transport.receiver.publications[Mid("5")].encodings.values()
    assert (encoding.ssrc, encoding.stats.packets) == (7, 1)


def test_an_ssrc_that_a_later_offer_names_takes_the_place_of_the_one_before() -> None:
    rig = Rig()

    def negotiate(first: int) -> None:
        sections = [
            SendSection(Mid(mid), "video", {96: VP8}, (), ((Ssrc(ssrc), Ssrc(ssrc + 1)),))
            for mid, ssrc in (("5", first), ("6", 200))
        ]
        rig.publisher.transport.negotiate(sections, [], SEND_IDS)

    def streams() -> list[tuple[int, int | None, int]]:
        encodings = rig.publisher.transport.receiver.encodings()
        return [(each.ssrc, each.rtx_ssrc, each.stats.packets) for each in encodings]

    negotiate(100)
    for ssrc in (100, 200):
        rig.publish(96, 1, 1, ssrc, KEY)
    assert streams() == [(100, 101, 1), (200, 201, 1)]
    negotiate(300)
    rig.publish(96, 2, 1, 100, KEY)  # the offer is ahead of the media
    assert streams() == [(100, 101, 2), (200, 201, 1)]
    for seq in (1, 2):
        rig.publish(96, seq, 1, 300, KEY)
    rig.publish(96, 4, 1, 300, KEY)
    rig.publish(97, 1, 1, 301, b"\x00\x03" + KEY)
    assert streams() == [(300, 301, 3), (200, 201, 1)]
    assert rig.publisher.transport.receiver.publications[Mid("5")].encodings[Rid("")].cache.get(3) is not None
    rig.publish(96, 3, 1, 100, KEY)
    assert rig.relay.drops == {"stream_replaced": 1}
    negotiate(100)
    rig.publish(96, 9, 1, 100, KEY)
    assert streams() == [(100, 101, 1), (200, 201, 1)]


def test_an_encoding_whose_rid_an_offer_lacks_has_ended_and_one_that_it_pauses_is_not_sent() -> None:
    rig = Rig()
    for layer, rid in enumerate(RIDS):
        rig.publish(96, 1, 1, 7 + layer, KEY, {1: b"1", 2: rid.encode()})
    rest = SendSection(CAMERA, "video", {96: VP8}, RIDS[:2], paused=frozenset(RIDS[1:2]))
    rig.publisher.transport.negotiate([rest], [], SEND_IDS)
    assert list(rig.camera.encodings) == list(RIDS[:2])
    assert rig.camera.sent(rig.now + ALIVE) == [rig.encoding(0)]
    rig.publish(96, 2, 1, 9, KEY, {1: b"1", 2: b"f"})
    assert rig.relay.drops == {"unknown_rid": 1}
    for layer in (0, 1):
        rig.publish(96, 2, 1, 7 + layer, KEY)
    rig.camera.compare_encodings()
    assert rig.camera.sent(rig.now + ALIVE) == [rig.encoding(0), rig.encoding(1)]


def test_names_are_read_from_two_byte_elements_too() -> None:
    rig = Rig()
    rig.publisher.transport.negotiate(
        [SendSection(CAMERA, "video", {96: VP8}, RIDS)], [], {15: extensions.MID, 255: extensions.RID}
    )
    block = b"\x0f\x011\xff\x01q" + bytes(2)
    packet = bytearray(rtp.build_packet(96, 1, 1, 7, b"\x10\x00\x00\x02" + block + KEY))
    packet[0] |= 0x10
    rig.deliver(rig.publisher.protect.protect(bytes(packet)))
    assert rig.encoding(0).stats.packets == 1


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
    assert rig.relay.drops["stream_restarted_too_often"] > 1000
    rig.now += 2.0
    payload_type = 96 if rig.encoding(0).codec.payload_type == 98 else 98
    rig.publish(payload_type, 3000, 3000, 7 if kind == "codecs" else 36, KEY, {1: b"1", 2: b"q"})
    assert rig.encoding(0).codec.payload_type == payload_type


def test_ssrcs_of_what_is_no_rtp_behind_the_encryption_count_too() -> None:
    rig = Rig()
    receiver = rig.publisher.transport.receiver
    decrypted = 0
    for ssrc in range(1, 500):
        packet = bytearray(rtp.build_packet(96, 1, 1, ssrc, KEY))
        packet[0] |= 0x20
        packet[-1] = 255
        refused = rig.relay.drops["too_many_ssrcs"]
        rig.deliver(rig.publisher.protect.protect(bytes(packet)))
        decrypted += rig.relay.drops["too_many_ssrcs"] == refused
    assert decrypted <= MAX_SSRCS + 1
    assert rig.relay.drops["rtp_malformed"] == decrypted
    assert not receiver.may_be_ours_untrusted(501)


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
    # Losing more packets all the time doesn't bring more looks than that.
    for number, mid in enumerate(mids):
        rig.now += 0.0001
        rig.publish(96, 261, 1, 1000 + number, KEY, {1: mid.encode()})
    due = receiver.timeout()
    assert due is not None
    assert due >= rig.now - 0.006 + SLOW_POLL_INTERVAL - 1e-9


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
    assert rig.relay.drops == {"rtp_malformed": 1}
