import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfu.codecs import h264, vp8
from sfu.secure.dtls import Fingerprint
from sfu.secure.ice_lite import Credentials
from sfu.wire import extensions
from sfu.wire.rtp import RtpHeader, seq_delta, timestamp_delta
from signaling.client.errors import MediaError
from signaling.client.media import (
    MAX_PAYLOAD,
    Frame,
    H264Assembler,
    Sample,
    Track,
    make_track,
    nal_units,
    packetise_h264,
    split,
    vp8_descriptor,
)
from signaling.client.offer import EXTENSION_IDS, SlotDescription, build_offer
from signaling.client.pattern import Pattern
from signaling.client.receive import MediaPacket, Reception, Slot
from signaling.client.reorder import REORDER_SECONDS, PictureAssembler, Reorder
from signaling.client.send import MAX_LATE, Numbering, OutgoingStream, Player
from signaling.sdp import description as sdp
from signaling.sdp import negotiation

KEY, INTER = b"\x10\x02\x00\x9d\x01\x2a", b"\x11\x02\x00"
"""Beginnings of VP8 frames: the lowest bit says whether it is a key frame (RFC 6386, section 9.1)."""


@given(st.binary(min_size=1, max_size=10_000), st.integers(1, 1100))
def test_split_gives_equal_parts(data: bytes, most: int) -> None:
    parts = split(data, most)
    sizes = {len(part) for part in parts}
    assert b"".join(parts) == data
    assert len(parts) == -(-len(data) // most)
    assert max(sizes) <= most
    assert max(sizes) - min(sizes) <= 1


@pytest.mark.parametrize("picture_id", [0, 1, 0x7F, 0x80, 0x7FFF])
@pytest.mark.parametrize("start", [True, False])
def test_vp8_descriptor_is_what_the_relay_reads(picture_id: int, start: bool) -> None:
    payload = vp8_descriptor(picture_id, start=start) + KEY
    found = vp8.parse(payload)
    assert (found.picture_id, found.picture_id_is_long, found.size) == (picture_id, True, 4)
    assert (found.start_of_frame, found.temporal_id) == (start, None)
    assert vp8.is_keyframe(payload, found) == start


def test_h264_survives_packets() -> None:
    units = [b"\x67\x42\xe0\x1f", b"\x68\xce", b"\x65" + bytes(range(1, 256)) * 20, b"\x41\x9a\x01"]
    delimiter, information = b"\x09\xf0", b"\x06\x05\x01"
    stream = b"".join(b"\x00\x00\x00\x01" + unit for unit in (delimiter, information, *units))
    payloads = packetise_h264(nal_units(stream))
    assert all(len(payload) <= MAX_PAYLOAD for payload in payloads)
    assert [h264.is_keyframe(payload) for payload in payloads] == [True] + [False] * (len(payloads) - 1)
    assembler = H264Assembler()
    for payload in payloads:
        assembler.add(payload)
    assert nal_units(bytes(assembler.data)) == units


@pytest.mark.parametrize("payload", [b"", b"\x7c"])
def test_h264_cut_short_is_an_error(payload: bytes) -> None:
    with pytest.raises(MediaError):
        H264Assembler().add(payload)


def test_track_begins_with_a_keyframe_and_fills_its_period() -> None:
    samples = [Sample(0.0, INTER, False), Sample(0.1, KEY), Sample(0.25, INTER, False)]
    track = make_track("VP8", samples, 0.0, 0.5, (64, 64))
    assert [frame.keyframe for frame in track.frames] == [True, False]
    assert [frame.duration for frame in track.frames] == [13_500, 45_000 - 13_500]
    assert track.lead == 9_000
    with pytest.raises(MediaError):
        make_track("VP8", samples[:1], 0.0, 0.5, (64, 64))


def track_of(count: int, *, keyframe_every: int, duration: int = 3000) -> Track:
    frames = (
        Frame(
            ((KEY if index % keyframe_every == 0 else INTER) + bytes((index,)),), duration, index % keyframe_every == 0
        )
        for index in range(count)
    )
    return Track("VP8", tuple(frames), 0, 64, 64)


def play(track: Track, rid: str = "") -> tuple[Player, list[bytes]]:
    sent: list[bytes] = []
    return Player(track, OutgoingStream(track, "1", rid, Numbering(), sent.append), 100.0), sent


def test_player_keeps_time_over_loops() -> None:
    player, sent = play(track_of(5, keyframe_every=5))
    now = 100.0
    while now < 101.0:
        player.poll(now)
        now = player.timeout()
    headers = [RtpHeader(packet, len(packet)) for packet in sent]
    assert len(sent) == 30
    assert {seq_delta(b.seq, a.seq) for a, b in itertools.pairwise(headers)} == {1}
    assert {timestamp_delta(b.timestamp, a.timestamp) for a, b in itertools.pairwise(headers)} == {3000}
    assert [packet[-1] for packet in sent] == [0, 1, 2, 3, 4] * 6
    pictures = [
        vp8.parse(packet[header.payload_start :]).picture_id for packet, header in zip(sent, headers, strict=True)
    ]
    assert all(before is not None and after == (before + 1) & 0x7FFF for before, after in itertools.pairwise(pictures))


def test_late_player_does_not_make_up_for_much() -> None:
    player, sent = play(track_of(5, keyframe_every=5))
    player.poll(100.0)
    player.poll(100.1)
    assert len(sent) == 4
    player.poll(105.0)
    assert len(sent) == 5
    headers = [RtpHeader(packet, len(packet)) for packet in sent]
    # Its timestamp is that of the moment, and the frame the next one: a decoder needs each of them.
    assert timestamp_delta(headers[-1].timestamp, headers[0].timestamp) == pytest.approx(5 * 90_000, abs=2)
    assert sent[-1][-1] == 4
    assert player.timeout() == pytest.approx(105.0 + 1 / 30, abs=0.001)
    assert MAX_LATE < 5


def test_what_nobody_watches_is_not_played_and_goes_on_at_a_keyframe() -> None:
    player, sent = play(track_of(12, keyframe_every=6))
    player.poll(100.1)
    before = len(sent)
    player.switch(100.1, on=False)
    player.poll(101.0)
    assert (len(sent), player.timeout()) == (before, math.inf)
    player.switch(110.0, on=True)
    player.poll(110.0)
    assert sent[before][-1] == 6
    headers = [RtpHeader(packet, len(packet)) for packet in sent]
    assert seq_delta(headers[before].seq, headers[before - 1].seq) == 1
    assert timestamp_delta(headers[before].timestamp, headers[0].timestamp) == pytest.approx(900_000, abs=2)
    assert player.stream.keyframe_requests == 0


def test_keyframe_request_jumps_to_a_keyframe() -> None:
    player, sent = play(track_of(12, keyframe_every=6))
    player.poll(100.0)
    player.poll(100.04)
    assert [packet[-1] for packet in sent] == [0, 1]
    player.restart(100.05)
    assert [packet[-1] for packet in sent] == [0, 1, 6]
    assert player.position == pytest.approx(7 / 30)
    player.restart(100.06)
    assert [packet[-1] for packet in sent] == [0, 1, 6, 0]
    timestamps = [RtpHeader(packet, len(packet)).timestamp for packet in sent]
    assert all(timestamp_delta(after, before) > 0 for before, after in itertools.pairwise(timestamps))
    assert player.stream.keyframe_requests == 2
    player.seek(8.2 / 30)
    assert player.position == pytest.approx(8 / 30)


def test_packets_say_where_they_belong() -> None:
    player, sent = play(track_of(3, keyframe_every=3), rid="h")
    player.poll(100.0)
    header = RtpHeader(sent[0], len(sent[0]))
    assert header.extensions[EXTENSION_IDS[extensions.MID]] == b"1"
    assert header.extensions[EXTENSION_IDS[extensions.RID]] == b"h"
    assert header.marker
    player.stream.retransmit((header.seq, (header.seq + 1) & 0xFFFF))
    assert len(sent) == 2
    again = RtpHeader(sent[1], len(sent[1]))
    assert (again.ssrc, again.payload_type) == (player.stream.rtx_ssrc, 97)
    assert again.extensions[EXTENSION_IDS[extensions.REPAIRED_RID]] == b"h"
    payload = sent[1][again.payload_start :]
    assert payload[:2] == header.seq.to_bytes(2)
    assert payload[2:] == sent[0][header.payload_start :]
    wide = [each.extensions[EXTENSION_IDS[extensions.TRANSPORT_WIDE]] for each in (header, again)]
    assert seq_delta(int.from_bytes(wide[1]), int.from_bytes(wide[0])) == 1


def test_sound_tells_its_level() -> None:
    sent: list[bytes] = []
    track = Track("opus", (Frame((b"\xf8one",), 960, level=20), Frame((b"\xf8two",), 960, level=127)))
    player = Player(track, OutgoingStream(track, "0", "", Numbering(), sent.append), 0.0)
    player.poll(0.02)
    headers = [RtpHeader(packet, len(packet)) for packet in sent]
    assert [header.extensions[EXTENSION_IDS[extensions.AUDIO_LEVEL]][0] for header in headers] == [20, 127]
    assert [packet[header.payload_start :] for packet, header in zip(sent, headers, strict=True)] == [
        b"\xf8one",
        b"\xf8two",
    ]


@pytest.mark.parametrize("simulcast", [False, True])
def test_offer_is_one_that_the_server_takes(simulcast: bool) -> None:
    text = build_offer(
        Credentials.generate(), Fingerprint("sha-256", "AA"), audio_slots=2, video_slots=3, simulcast=simulcast
    )
    plan = negotiation.plan(sdp.parse(text))
    assert [(each.mid, each.kind, each.rids) for each in plan.sends] == [
        ("0", "audio", ()),
        ("1", "video", ("q", "h", "f") if simulcast else ()),
        ("2", "video", ()),
        ("3", "audio", ()),
    ]
    assert [each.mid for each in plan.receives] == ["a0", "a1", "v0", "v1", "v2"]
    for picture in plan.sends[1:3]:
        assert [codec.name for codec in picture.codecs.values()] == ["VP8", "H264"]
        assert all(codec.rtx_payload_type for codec in picture.codecs.values())


def packet_of(
    seq: int, arrival: float = 0.0, payload: bytes = b"", timestamp: int = 0, marker: bool = True
) -> MediaPacket:
    return MediaPacket("VP8", seq & 0xFFFF, timestamp, marker, payload, arrival)


@given(st.permutations(range(8)))
def test_reorder_gives_packets_in_order(order: list[int]) -> None:
    reorder = Reorder()
    reorder.add(packet_of(65530))
    found = [item for number in order for item in reorder.add(packet_of(65531 + number))]
    assert [(packet.seq, gap) for packet, gap in found] == [((65531 + number) & 0xFFFF, False) for number in range(8)]


def test_reorder_gives_up_after_a_while() -> None:
    reorder = Reorder()
    assert len(reorder.add(packet_of(1, 0.0))) == 1
    assert reorder.add(packet_of(3, 0.1)) == []
    found = reorder.add(packet_of(4, 0.2 + REORDER_SECONDS))
    assert [(packet.seq, gap) for packet, gap in found] == [(3, True), (4, False)]
    assert reorder.add(packet_of(2, 0.3 + REORDER_SECONDS)) == []
    assert reorder.add(packet_of(6, 1.0)) == []
    assert [(packet.seq, gap) for packet, gap in reorder.flush()] == [(6, True)]


def test_pictures_after_a_gap_wait_for_a_keyframe() -> None:
    assembler = PictureAssembler()
    start, more = vp8_descriptor(1, start=True), vp8_descriptor(1, start=False)
    assert assembler.add(packet_of(1, payload=start + INTER), after_gap=False) is None
    assert assembler.add(packet_of(2, payload=start + KEY, marker=False), after_gap=False) is None
    picture = assembler.add(packet_of(3, payload=more + b"rest"), after_gap=False)
    assert picture is not None
    assert (picture.data, picture.keyframe) == (KEY + b"rest", True)
    assert assembler.add(packet_of(5, payload=start + INTER), after_gap=True) is None
    assert assembler.wants_keyframe
    assert assembler.add(packet_of(6, payload=start + KEY), after_gap=False) is not None
    assert not assembler.wants_keyframe


def test_slot_counts_what_comes() -> None:
    reception = Reception([SlotDescription("v0", "video", 7, 8)], 1)
    slot = reception.slots["v0"]
    track = track_of(40, keyframe_every=20)
    player, sent = play(track)
    player.stream.ssrc, player.stream.rtx_ssrc = 7, 8
    for number in range(10):
        player.poll(100.0 + number / 30)
    for number, packet in enumerate(sent):
        if number != 4:
            reception.receive(packet, 1.0 + number / 30)
    reception.receive(sent[-1], 2.0)
    assert (slot.stats.packets, slot.stats.duplicates, slot.stats.keyframes, slot.stats.frames) == (9, 1, 1, 9)
    slot.update()
    assert slot.stats.lost == 1
    reception.poll(2.0)
    assert slot.stats.nacked == 1
    lost = RtpHeader(sent[4], len(sent[4])).seq
    player.stream.retransmit((lost,))
    reception.receive(sent[-1], 2.1)
    slot.update()
    assert (slot.stats.packets, slot.stats.recovered, slot.stats.lost) == (10, 1, 0)
    assert reception.unknown == 0
    reception.receive(b"\x80", 3.0)
    assert reception.unknown == 1


def test_a_pause_is_no_gap() -> None:
    slot = Slot(SlotDescription("v0", "video", 7, 0))
    player, sent = play(track_of(40, keyframe_every=20))
    player.stream.ssrc = 7
    for number in range(6):
        player.poll(100.0 + number / 30)
    at = iter((1.0, 1.1, 9.0, 9.2))
    slot.changed("x", "", paused=False, why=None)
    for packet in sent[:2]:
        slot.receive(RtpHeader(packet, len(packet)), packet, next(at))
    slot.changed("x", None, paused=True, why="hidden")
    slot.changed("x", "", paused=False, why=None)
    for packet in sent[2:4]:
        slot.receive(RtpHeader(packet, len(packet)), packet, next(at))
    assert slot.stats.longest_gap == pytest.approx(0.2)


def test_pattern_is_encoded_once() -> None:
    pattern = Pattern(width=256, height=128, fps=10)
    first = pattern.prepare("Ada", simulcast=True)
    again = pattern.prepare("Ada", simulcast=True)
    assert [(track.width, track.height) for track in first.video] == [(64, 32), (128, 64), (256, 128)]
    assert all(one is other for one, other in zip(first.video, again.video, strict=True))
    assert first.audio is again.audio
    for track in first.video:
        assert [frame.keyframe for frame in track.frames] == [True] + [False] * 19
        assert sum(frame.duration for frame in track.frames) == 180_000
    with pytest.raises(MediaError):
        Pattern(width=0).prepare("Ada", simulcast=False)
