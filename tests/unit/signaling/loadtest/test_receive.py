"""What lean clients make of packets. SRTP is left out: `decrypt` gives what it gets."""

from dataclasses import dataclass, field

import pytest

from sfu.wire import rtcp, rtp
from sfu.wire.rtcp import KeyframeRequest, Nack
from signaling.client.offer import PAYLOAD_TYPES, RTX_PAYLOAD_TYPES, SlotDescription
from signaling.loadtest import timecode
from signaling.loadtest.receive import FEEDBACK_SECONDS, KEYFRAME_PATIENCE, LeanReception
from signaling.loadtest.stats import Stats

START = 1000.0
FRAME = 1 / 15
KEY, DELTA = b"\x90\xe0\x80\x01\x00\x00\x10\x02\x00\x9d\x01\x2a", b"\x90\xe0\x80\x01\x00\x00\x11\x02\x00"


@dataclass
class Viewer:
    """A reception with a slot of each kind, and what sends to it."""

    stats: Stats = field(default_factory=Stats)

    def __post_init__(self) -> None:
        slots = [SlotDescription("a0", "audio", 1, 0), SlotDescription("v0", "video", 2, 3)]
        self.reception = LeanReception(slots, 9, self.stats, lambda packet: packet, machine=1)
        self.video, self.audio = self.reception.slots["v0"], self.reception.slots["a0"]
        self.video.changed("cam", "h", paused=False, why=None)
        self.stats.switches = 0
        self.at = START

    def picture(self, seq: int, *, key: bool = False, packets: int = 2, lose: tuple[int, ...] = ()) -> int:
        """A frame, one frame time after the one before; the next sequence number."""
        self.at += FRAME
        timestamp = round(self.at * 90_000) & 0xFFFFFFFF
        for index in range(packets):
            payload = (KEY if key else DELTA) if index == 0 else b"\x80\xe0\x80\x01\x00\x00more"
            if index not in lose:
                self.give(2, seq + index, timestamp, payload, marker=index == packets - 1)
        return seq + packets

    def give(self, ssrc: int, seq: int, timestamp: int, payload: bytes, *, marker: bool = False) -> None:
        """A packet."""
        kind = PAYLOAD_TYPES["VP8" if ssrc == 2 else "opus"]
        packet = rtp.build_packet(kind, seq & 0xFFFF, timestamp, ssrc, payload, marker=marker)
        slot = self.reception.by_ssrc[ssrc]
        self.reception.now = self.at
        slot.receive(memoryview(packet), 0, len(packet), packet[1], seq & 0xFFFF, timestamp, self.at)

    def give_again(self, seq: int, payload: bytes, *, marker: bool) -> None:
        """A retransmission."""
        again = rtp.build_packet(RTX_PAYLOAD_TYPES["VP8"], 7, 0, 3, seq.to_bytes(2) + payload, marker=marker)
        self.reception.now = self.at
        self.video.receive_again(again, self.at)

    def asks(self, seconds: float) -> list[rtcp.RtcpPacket]:
        """What it sends after so many seconds."""
        self.at += seconds
        self.reception.poll(self.at, self.at)
        packets = [each for packet in self.reception.outgoing for each in rtcp.parse(packet)]
        self.reception.outgoing.clear()
        return [each for each in packets if not isinstance(each, rtcp.TransportFeedback)]


@pytest.fixture
def viewer() -> Viewer:
    return Viewer()


def test_whole_frames_are_counted_from_the_first_keyframe(viewer: Viewer) -> None:
    seq = viewer.picture(65_530)
    seq = viewer.picture(seq)
    assert viewer.video.first_frame_at is None
    seq = viewer.picture(seq, key=True)
    assert viewer.video.first_frame_at == viewer.at
    for _ in range(20):
        seq = viewer.picture(seq)
    viewer.video.take(viewer.at)
    stats = viewer.stats
    assert (stats.frames, stats.packets, stats.missing, stats.freezes, stats.duplicates) == (21, 46, 0, 0, 0)
    assert stats.watched == pytest.approx(20 * FRAME)


def test_a_lost_packet_is_asked_for_and_its_frame_waits(viewer: Viewer) -> None:
    seq = viewer.picture(viewer.picture(100, key=True))
    viewer.picture(seq, lose=(1,))
    viewer.picture(seq + 2)
    viewer.picture(seq + 4)
    viewer.video.take(viewer.at)
    assert viewer.stats.frames == 2, "frames behind a hole can't be shown"
    assert viewer.stats.missing == 1
    (nack,) = viewer.asks(0.02)
    assert isinstance(nack, Nack)
    assert nack.lost == (seq + 1,)
    viewer.give_again(seq + 1, b"\x80\xe0\x80\x01\x00\x00more", marker=True)
    viewer.video.take(viewer.at)
    stats = viewer.stats
    assert (stats.frames, stats.missing, stats.recovered, stats.nacked) == (5, 0, 1, 1)
    viewer.give_again(seq + 1, b"again", marker=True)
    assert stats.duplicates == 1


def test_what_never_comes_stays_missing_and_a_keyframe_is_asked_for(viewer: Viewer) -> None:
    seq = viewer.picture(100, key=True)
    seq = viewer.picture(seq, lose=(0,))
    asked: list[rtcp.RtcpPacket] = []
    for _ in range(40):
        seq = viewer.picture(seq)
        asked += viewer.asks(0.0)
    assert any(isinstance(each, KeyframeRequest) for each in asked)
    before = viewer.stats.frames
    viewer.video.take(viewer.at)
    assert viewer.stats.frames - before == 1
    seq = viewer.picture(seq, key=True)
    viewer.picture(seq)
    viewer.video.take(viewer.at)
    assert viewer.stats.frames == 3
    assert viewer.stats.missing == 1
    assert viewer.stats.freezes == 1
    assert viewer.stats.frozen > 2.5


def test_a_picture_that_stops_is_one_freeze_that_grows(viewer: Viewer) -> None:
    seq = viewer.picture(100, key=True)
    for _ in range(10):
        seq = viewer.picture(seq)
    viewer.video.take(viewer.at + 1.0)
    viewer.video.take(viewer.at + 2.0)
    assert viewer.stats.freezes == 1
    assert viewer.stats.frozen == pytest.approx(1.5)
    viewer.at += 2.5
    viewer.picture(seq)
    assert viewer.stats.freezes == 1
    assert viewer.stats.frozen == pytest.approx(2.5 + FRAME)


@pytest.mark.parametrize("attempts", [1, 2])
@pytest.mark.parametrize("seen", [False, True], ids=["at once", "after a second"])
def test_a_connection_made_anew_is_a_freeze_up_to_its_first_frame(viewer: Viewer, *, seen: bool, attempts: int) -> None:
    viewer.picture(viewer.picture(100, key=True))
    video, at = viewer.video, viewer.at
    if seen:
        video.take(at + 1.0)
    for _ in range(attempts):
        after = Viewer(viewer.stats)
        after.video.go_on_from(video)
        video = after.video
    after.at = at + 2.0
    after.picture(7, key=True)
    assert viewer.stats.freezes == 1
    assert viewer.stats.frozen == pytest.approx(2.0 + FRAME)


@pytest.mark.parametrize("paused", [False, True])
def test_what_was_not_shown_before_a_connection_was_made_anew_did_not_freeze(viewer: Viewer, *, paused: bool) -> None:
    if paused:
        viewer.picture(viewer.picture(100, key=True))
        viewer.video.changed("cam", None, paused=True, why="muted")
    after = Viewer(viewer.stats)
    after.video.go_on_from(viewer.video)
    after.at = viewer.at + 2.0
    after.picture(7, key=True)
    assert viewer.stats.freezes == 0


def test_a_pause_is_no_freeze(viewer: Viewer) -> None:
    seq = viewer.picture(viewer.picture(100, key=True))
    viewer.video.changed("cam", None, paused=True, why="muted")
    viewer.video.take(viewer.at + 5.0)
    viewer.at += 5.0
    viewer.video.changed("cam", "h", paused=False, why=None)
    viewer.picture(seq, key=True)
    viewer.video.take(viewer.at)
    assert viewer.stats.freezes == 0


def test_without_a_keyframe_one_is_asked_for_now_and_then(viewer: Viewer) -> None:
    assert viewer.asks(0.0) == []
    assert viewer.asks(KEYFRAME_PATIENCE / 2) == []
    (request,) = viewer.asks(KEYFRAME_PATIENCE / 2)
    assert isinstance(request, KeyframeRequest)
    assert request.media_ssrc == 2
    assert viewer.asks(FEEDBACK_SECONDS) == []


def test_delays_are_read_from_time_codes(viewer: Viewer) -> None:
    packet = timecode.in_opus(b"\x78sound", timecode.encode(1, START - 0.02))
    viewer.give(1, 5, 0, packet)
    assert viewer.stats.delay.quantile(0.5) == pytest.approx(0.02, rel=0.03)
    viewer.give(1, 6, 960, packet)
    assert viewer.stats.delay.count == 1, "one look a second is enough"
    viewer.at += 2
    viewer.give(1, 7, 1920, timecode.in_opus(b"\x78sound", timecode.encode(2, START)))
    assert viewer.stats.delay.count == 1, "another machine's clock"


def test_what_does_not_decrypt_is_damaged(viewer: Viewer) -> None:
    viewer.reception.decrypt = lambda packet: None
    viewer.give(1, 5, 0, b"\x78sound")
    assert viewer.stats.damaged == 1


def test_reports_tell_what_was_lost(viewer: Viewer) -> None:
    for seq in (10, 11, 13):
        viewer.give(1, seq, seq * 960, b"\x78sound")
    (block,) = viewer.reception.reports(viewer.at)
    assert (block.ssrc, block.packets_lost, block.highest_seq, block.fraction_lost) == (1, 1, 13, 64)
    viewer.give(1, 14, 14 * 960, b"\x78sound")
    (block,) = viewer.reception.reports(viewer.at)
    assert (block.packets_lost, block.fraction_lost) == (1, 0)


@pytest.mark.parametrize(
    ("changes", "switches"),
    [
        ([("cam", "h"), ("cam", "q"), ("cam", "h")], 2),
        ([("cam", "h"), ("cam", None), ("cam", "h")], 0),
        ([("cam", "h"), ("cam", None), ("cam", "q")], 1),
        ([("cam", "h"), ("other", "q"), ("cam", "h")], 0),
        ([("cam", "h"), (None, None), ("cam", "q")], 0),
    ],
)
def test_a_switch_is_another_layer_of_the_same_camera(
    changes: list[tuple[str | None, str | None]], switches: int
) -> None:
    viewer = Viewer()
    for publication, layer in changes:
        viewer.video.changed(publication, layer, paused=layer is None, why=None)
    assert viewer.stats.switches == switches


def test_time_in_which_the_link_was_too_slow_is_counted_apart_from_freezes() -> None:
    viewer = Viewer()
    start = viewer.reception.now
    viewer.video.changed("cam", None, paused=True, why="bandwidth")
    viewer.reception.now = start + 3.0
    viewer.video.take(viewer.reception.now)
    assert viewer.stats.withheld == pytest.approx(3.0)
    viewer.reception.now = start + 4.0
    viewer.video.changed("cam", "q", paused=False, why=None)
    viewer.reception.now = start + 9.0
    viewer.video.changed("cam", None, paused=True, why="hidden")
    viewer.video.take(viewer.reception.now)
    assert viewer.stats.withheld == pytest.approx(4.0)
    assert viewer.stats.frozen == 0.0


def test_voices_switch_nothing() -> None:
    viewer = Viewer()
    for layer in ("a", "b"):
        viewer.audio.changed("mic", layer, paused=False, why=None)
    assert viewer.stats.switches == 0
