"""What lean clients send."""

import math

import pytest

from sfu.codecs import h264, vp8, vp9
from sfu.wire import extensions, rtcp, rtp
from signaling.client.media import SILENCE, CodecName
from signaling.client.offer import EXTENSION_IDS, PAYLOAD_TYPES, RTX_PAYLOAD_TYPES
from signaling.client.send import Numbering
from signaling.loadtest import timecode
from signaling.loadtest.clips import Clip, ClipFrame
from signaling.loadtest.send import COMFORT_SECONDS, Playout

START = 50.0


def clip(codec: CodecName, *frames: ClipFrame, fps: int = 15) -> Clip:
    """A clip of a few frames."""
    return Clip(codec, 320, 180, fps, frames)


def play(made: Clip, seconds: float, *, rid: str = "h", speaking: bool = True) -> tuple[Playout, list[bytes]]:
    """All packets of so many seconds."""
    sent: list[bytes] = []
    playout = Playout(made, "1", rid, Numbering(), sent.append, START, machine=1)
    playout.speak(START, speaking=speaking)
    now = START
    while now < START + seconds:
        now = playout.timeout()
        if now < START + seconds:
            playout.poll(now)
    return playout, sent


def header(packet: bytes) -> rtp.RtpHeader:
    """The header of a packet."""
    return rtp.RtpHeader(packet, len(packet))


PICTURES = [ClipFrame((b"key", b"more"), keyframe=True)] + [
    ClipFrame((b"delta",), keyframe=False, temporal=temporal) for temporal in (2, 1, 2)
]


def test_vp8_has_layers_picture_ids_and_time_codes() -> None:
    _, sent = play(clip("VP8", *PICTURES), 8 / 15 - 0.01)
    assert len(sent) == 10
    descriptors = [vp8.parse(packet[header(packet).payload_start :]) for packet in sent]
    assert [each.temporal_id for each in descriptors] == [0, 0, 2, 1, 2] * 2
    assert [each.layer_sync for each in descriptors] == [False, False, True, True, False] * 2
    ids = [each.picture_id for each in descriptors]
    assert ids[0] == ids[1]
    assert [(later - (ids[0] or 0)) & 0x7FFF for later in ids if later is not None] == [0, 0, 1, 2, 3, 4, 4, 5, 6, 7]
    assert len({each.tl0_index for each in descriptors}) == 2
    marked = [packet for packet in sent if header(packet).marker]
    assert len(marked) == 8
    assert all(timecode.decode(packet, 1) is not None for packet in marked)


def test_what_nobody_watches_is_not_sent_and_goes_on_at_the_keyframe() -> None:
    playout, sent = play(clip("VP8", *PICTURES), 2.5 / 15)
    before = len(sent)
    playout.switch(START + 1, on=False)
    playout.poll(START + 2)
    assert (len(sent), playout.timeout()) == (before, math.inf)
    playout.switch(START + 3, on=True)
    playout.poll(START + 3)
    assert [b"key" in packet for packet in sent[before:]] == [True, False]
    assert (header(sent[before]).seq - header(sent[before - 1]).seq) & 0xFFFF == 1
    assert playout.keyframe_requests == 0


def test_headers_name_the_encoding_and_number_the_packets() -> None:
    playout, sent = play(clip("VP8", *PICTURES), 0.5)
    headers = [header(packet) for packet in sent]
    assert {each.ssrc for each in headers} == {playout.ssrc}
    assert {each.payload_type for each in headers} == {PAYLOAD_TYPES["VP8"]}
    first = headers[0].seq
    assert [each.seq for each in headers] == list(range(first, first + len(sent)))
    assert {each.extensions[EXTENSION_IDS[extensions.RID]] for each in headers} == {b"h"}
    assert {each.extensions[EXTENSION_IDS[extensions.MID]] for each in headers} == {b"1"}
    numbers = [int.from_bytes(each.extensions[EXTENSION_IDS[extensions.TRANSPORT_WIDE]]) for each in headers]
    assert [(number - numbers[0]) & 0xFFFF for number in numbers] == list(range(len(sent)))
    assert (playout.packets, playout.octets) == (len(sent), sum(len(each) - headers[0].payload_start for each in sent))


def test_vp9_says_where_frames_begin() -> None:
    _, sent = play(clip("VP9", *PICTURES), 2 / 15 - 0.01)
    descriptors = [vp9.parse(packet[header(packet).payload_start :]) for packet in sent]
    assert [(each.predicted, each.begins_frame, each.ends_frame) for each in descriptors] == [
        (False, True, False),
        (False, False, True),
        (True, True, True),
    ]


def test_h264_has_its_time_codes_in_packets_of_their_own() -> None:
    _, sent = play(clip("H264", ClipFrame((b"\x65slice",)), fps=30), 1.0 - 0.01)
    payloads = [packet[header(packet).payload_start :] for packet in sent]
    codes = [payload for payload in payloads if payload[0] & 0x1F == 12]
    assert 7 <= len(codes) <= 8
    assert len(payloads) == 30 + len(codes)
    assert not any(h264.is_keyframe(code) for code in codes)


def test_silence_is_a_packet_now_and_then() -> None:
    voice = clip("opus", *(ClipFrame((b"\x78" + bytes(60),), level=20) for _ in range(10)), fps=50)
    _, silent = play(voice, 2.0, rid="", speaking=False)
    assert len(silent) == 2.0 / COMFORT_SECONDS
    level = EXTENSION_IDS[extensions.AUDIO_LEVEL]
    assert {header(packet).extensions[level] for packet in silent} == {bytes((SILENCE,))}
    _, spoken = play(voice, 2.0, rid="")
    assert len(spoken) == 100
    assert header(spoken[0]).marker
    assert not any(header(packet).marker for packet in spoken[1:])
    assert {header(packet).extensions[level] for packet in spoken} == {b"\x14"}


def test_whoever_begins_to_speak_is_heard_at_once() -> None:
    voice = clip("opus", *(ClipFrame((b"\x78" + bytes(60),), level=20) for _ in range(10)), fps=50)
    playout, sent = play(voice, 0.5, rid="", speaking=False)
    count = len(sent)
    playout.speak(START + 0.5, speaking=True)
    assert playout.timeout() <= START + 0.5
    playout.poll(START + 0.5)
    assert len(sent) == count + 1
    times = [header(packet).timestamp for packet in sent[-2:]]
    assert 0 < (times[1] - times[0]) & 0xFFFFFFFF <= COMFORT_SECONDS * 48_000


def test_lost_packets_are_sent_again() -> None:
    playout, sent = play(clip("VP8", *PICTURES), 0.5)
    first, last = header(sent[0]), header(sent[-1])
    payload = sent[0][first.payload_start :]
    sent.clear()
    playout.retransmit((first.seq, (last.seq + 1) & 0xFFFF))
    (again,) = sent
    repeated = header(again)
    assert (repeated.ssrc, repeated.payload_type) == (playout.rtx_ssrc, RTX_PAYLOAD_TYPES["VP8"])
    assert repeated.timestamp == first.timestamp
    assert again[repeated.payload_start :] == first.seq.to_bytes(2) + payload
    assert repeated.extensions[EXTENSION_IDS[extensions.REPAIRED_RID]] == b"h"
    assert playout.retransmitted == 1


def test_a_keyframe_comes_when_it_is_asked_for() -> None:
    playout, sent = play(clip("VP8", *PICTURES), 2 / 15 + 0.01)
    sent.clear()
    playout.restart(START + 0.15)
    descriptor = vp8.parse(sent[0][header(sent[0]).payload_start :])
    assert descriptor.start_of_frame
    assert b"key" in sent[0]
    assert playout.keyframe_requests == 1


def test_sender_reports_follow_the_clock_of_the_timestamps() -> None:
    playout, sent = play(clip("VP8", *PICTURES), 0.5)
    (report,) = rtcp.parse(playout.report(0.4, 7 << 32))
    assert isinstance(report, rtcp.SenderReport)
    assert (report.rtp_timestamp - header(sent[0]).timestamp) & 0xFFFFFFFF == 36_000
    assert report.packet_count == len(sent)


def test_a_machine_that_stood_still_does_not_catch_up_forever() -> None:
    playout, sent = play(clip("VP8", *PICTURES), 0.1)
    sent.clear()
    playout.poll(START + 60)
    assert len(sent) <= 8
    assert playout.timeout() == pytest.approx(START + 60, abs=0.3)
