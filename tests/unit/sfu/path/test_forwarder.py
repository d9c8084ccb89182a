from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sfu.codecs import Codec, find_playable, vp8
from sfu.path.arena import Arena
from sfu.path.batch import Batch
from sfu.publication import REPLAY_AGE
from sfu.secure.dtls import PROFILES, SrtpProfile
from sfu.slot import REDUNDANT_SECONDS
from sfu.wire import extensions, rtp
from sfu.wire.rtcp import Nack
from sfu.wire.rtp import seq_delta
from tests.sim.media import decode_video
from tests.sim.peer import RECEIVE_IDS, VIEWER_OPUS
from tests.thorough import choose
from tests.unit.sfu.rig import AUDIO, AUDIO_SLOT, Client, Rig, Sent, content

VIEWER_RED = Codec("red", 110, 48_000)
OTHER_RED = Codec("red", 110, 48_000, None, "109/109")

TWO_BYTE_IDS = {extensions.TRANSPORT_WIDE: 16, extensions.AUDIO_LEVEL: 8}


def begin(rig: Rig, layers: int = 3) -> None:
    """Let the relay learn the layers."""
    for layer in range(layers):
        rig.deliver(rig.video_packet(layer, 65_530, 0, 0, key=True, parts=1))
    rig.flush()


@pytest.mark.parametrize("profile", PROFILES, ids=lambda profile: profile.name.decode())
@pytest.mark.parametrize(
    "ids",
    [
        {},
        {extensions.TRANSPORT_WIDE: 1},
        {extensions.AUDIO_LEVEL: 14},
        RECEIVE_IDS,
        {extensions.TRANSPORT_WIDE: 15},
        {extensions.TRANSPORT_WIDE: 255, extensions.AUDIO_LEVEL: 200},
        {extensions.TRANSPORT_WIDE: 3, extensions.AUDIO_LEVEL: 200},
    ],
    ids=["none", "wide", "level", "both", "two bytes", "both of two bytes", "mixed"],
)
def test_packets_arrive_whole_under_the_slot_s_names(profile: SrtpProfile, ids: dict[str, int]) -> None:
    rig = Rig(profile=profile)
    client, slot = rig.viewer(ids)
    begin(rig, 1)
    slot.forwarder.set_target(rig.encoding(0))
    for frame in range(1, 40):
        for part in range(2):
            rig.deliver(rig.video_packet(0, 65_529 + 2 * frame + part, frame, part, key=frame == 1))
        rig.now += 0.033
        rig.flush()
    assert [content(sent)[2:4] for sent in client.got] == [(frame, part) for frame in range(1, 40) for part in range(2)]
    seqs = [sent.header.seq for sent in client.got]
    assert seqs == [(seqs[0] + number) & 0xFFFF for number in range(len(seqs))]
    assert {(sent.header.ssrc, sent.header.payload_type) for sent in client.got} == {(slot.forwarder.ssrc, 120)}
    assert [sent.header.marker for sent in client.got] == [0, 0x80] * 39
    expected = {extensions.TRANSPORT_WIDE: ids.get(extensions.TRANSPORT_WIDE)}
    assert all(set(sent.header.extensions) == {n for n in expected.values() if n} for sent in client.got)
    if wide := ids.get(extensions.TRANSPORT_WIDE):
        numbers = [int.from_bytes(sent.header.extensions[wide]) for sent in client.got]
        assert numbers == [(numbers[0] + number) & 0xFFFF for number in range(len(numbers))]


@pytest.mark.parametrize("size", [0, 1, 2, 3, 7, 8, 100, 1300])
@pytest.mark.parametrize("ids", [{}, RECEIVE_IDS, TWO_BYTE_IDS], ids=["bare", "extended", "two bytes"])
def test_payloads_of_any_size_are_forwarded_and_sent_again_unchanged(size: int, ids: dict[str, int]) -> None:
    rig = Rig()
    client, _ = rig.viewer(ids)
    payload = bytes(range(256)) * 6
    rig.publish(111, 1, 0, 5, b"first", {1: AUDIO.encode(), 5: b"\x1e"})
    rig.flush()
    microphone = rig.publisher.transport.receiver.publications[AUDIO].encodings
    (encoding,) = microphone.values()
    slot = client.transport.sender.slots[AUDIO_SLOT]
    slot.forwarder.set_target(encoding)
    rig.publish(111, 2, 960, 5, payload[:5], {5: b"\x1e"})
    rig.flush()
    rig.publish(111, 3, 1920, 5, payload[:size], {5: b"\x1e"})
    rig.publish(111, 4, 2880, 5, payload[:7], {5: b"\x1e"})
    rig.flush()
    expected = [payload[:5], payload[:size], payload[:7]] if size else [payload[:5], payload[:7]]
    assert [sent.payload for sent in client.got] == expected
    level = ids.get(extensions.AUDIO_LEVEL, 0)
    assert all(sent.header.extensions.get(level) == (b"\x1e" if ids else None) for sent in client.got)
    assert client.got[-1].header.seq == (client.got[0].header.seq + len(expected) - 1) & 0xFFFF


@pytest.mark.parametrize("ids", [RECEIVE_IDS, TWO_BYTE_IDS], ids=["one byte", "two bytes"])
def test_a_packet_that_was_lost_is_sent_again_as_rtx(ids: dict[str, int]) -> None:
    rig = Rig()
    client, slot = rig.viewer(ids)
    begin(rig, 1)
    slot.forwarder.set_target(rig.encoding(0))
    for frame in range(1, 30):
        rig.deliver(rig.video_packet(0, 65_530 + frame, frame, 0, key=frame == 1, parts=1))
        rig.flush()
    for sent in client.got:
        again = slot.forwarder.retransmit(sent.header.seq)
        assert again is not None
        header = rtp.RtpHeader(again, len(again))
        payload = again[header.payload_start : header.payload_end]
        assert (header.ssrc, header.payload_type) == (slot.forwarder.rtx_ssrc, 121)
        assert list(header.extensions) == [ids[extensions.TRANSPORT_WIDE]]
        assert (header.timestamp, header.marker) == (sent.header.timestamp, sent.header.marker)
        assert payload == sent.header.seq.to_bytes(2) + sent.payload
        assert slot.forwarder.size_of(sent.header.seq) == len(sent.payload)
    first = client.got[0].header.seq
    for never in (first - 1, first + 29, first + 5000):
        assert slot.forwarder.retransmit(never & 0xFFFF) is None
        assert slot.forwarder.size_of(never & 0xFFFF) is None


def test_a_viewer_without_the_codec_gets_nothing() -> None:
    rig = Rig()
    client, slot = rig.viewer(video=Codec("H264", 100, 90_000))
    begin(rig, 1)
    slot.forwarder.set_target(rig.encoding(0))
    rig.deliver(rig.video_packet(0, 65_531, 1, 0, key=True, parts=1))
    rig.flush()
    assert client.got == []


def test_nothing_is_sent_before_a_keyframe() -> None:
    rig = Rig()
    client, slot = rig.viewer()
    begin(rig, 1)
    rig.now += REPLAY_AGE + 0.01
    slot.forwarder.set_target(rig.encoding(0))
    for frame in range(1, 5):
        rig.deliver(rig.video_packet(0, 65_530 + frame, frame, 0, key=False, parts=1))
        rig.flush()
    assert client.got == []
    rig.deliver(rig.video_packet(0, 65_535, 5, 0, key=True, parts=1))
    rig.flush()
    assert [content(sent).frame for sent in client.got] == [5]


def test_a_newcomer_is_started_with_a_recent_keyframe_from_the_cache() -> None:
    rig = Rig()
    client, slot = rig.viewer()
    begin(rig, 1)
    first = client.got
    assert first == []
    for frame in range(1, 4):
        rig.now += 0.033
        rig.deliver(rig.video_packet(0, 65_530 + frame, frame, 0, key=False, parts=1))
        rig.flush()
    slot.forwarder.set_target(rig.encoding(0))
    rig.now += 0.033
    rig.deliver(rig.video_packet(0, 65_534, 4, 0, key=False, parts=1))
    rig.flush()
    assert [content(sent).frame for sent in client.got] == [0, 1, 2, 3, 4]
    numbers = [sent.header.seq for sent in client.got]
    assert numbers == [(numbers[0] + step) & 0xFFFF for step in range(5)]
    assert rig.encoding(0).keyframes.timeout() is None  # nobody had to make another


def test_a_newcomer_is_not_started_with_a_keyframe_that_has_lost_a_packet_since() -> None:
    rig = Rig()
    client, slot = rig.viewer()
    begin(rig, 1)
    rig.deliver(rig.video_packet(0, 65_532, 2, 0, key=False, parts=1))  # 65531 is missing
    rig.flush()
    slot.forwarder.set_target(rig.encoding(0))
    rig.deliver(rig.video_packet(0, 65_533, 3, 0, key=False, parts=1))
    rig.flush()
    assert client.got == []


@pytest.mark.parametrize("hours", [0, 1, 6, 7, 13, 14, 100])
def test_timestamps_go_forward_over_a_pause_of_any_length(hours: int) -> None:
    rig = Rig()
    client, slot = rig.viewer()
    begin(rig, 1)
    slot.forwarder.set_target(rig.encoding(0))
    rig.deliver(rig.video_packet(0, 65_531, 1, 0, key=True, parts=1))
    rig.flush()
    slot.forwarder.set_target(None)
    rig.now += 3600 * hours + 1
    slot.forwarder.set_target(rig.encoding(0))
    rig.deliver(rig.video_packet(0, 65_532, 2 + hours * 3600 * 30, 0, key=True, parts=1))
    rig.flush()
    before, after = (sent.header.timestamp for sent in client.got)
    assert rtp.timestamp_delta(after, before) > 0


def test_what_came_of_the_old_layer_in_the_same_drain_does_not_go_out_under_the_new_one_s_numbers() -> None:
    rig = Rig()
    client, slot = rig.viewer()
    begin(rig)
    slot.forwarder.set_target(rig.encoding(0))
    rig.deliver(rig.video_packet(0, 65_531, 1, 0, key=True, parts=1))
    rig.flush()
    slot.forwarder.set_target(rig.encoding(2))
    rig.now += 0.033
    rig.deliver(rig.video_packet(0, 65_532, 2, 0, key=False, parts=1))
    rig.deliver(rig.video_packet(2, 65_531, 2, 0, key=True, parts=1))
    rig.flush()
    rig.now += 0.033
    rig.deliver(rig.video_packet(2, 65_532, 3, 0, key=False, parts=1))
    rig.flush()
    got = [(content(sent).layer, content(sent).frame) for sent in client.got]
    assert got in ([(0, 1), (2, 2), (2, 3)], [(0, 1), (0, 2), (2, 2), (2, 3)])
    seqs = [sent.header.seq for sent in client.got]
    assert seqs == [(seqs[0] + number) & 0xFFFF for number in range(len(seqs))]
    assert rig.relay.drops["srtp_encryption_failed"] == 0


def test_red_is_stripped_for_who_takes_only_opus() -> None:
    rig = Rig()
    client, _ = rig.viewer()
    red = bytes((0x80 | 111, 0, 0, 3, 111)) + b"old" + b"new"
    rig.publish(63, 1, 0, 5, red, {1: AUDIO.encode()})
    rig.flush()
    (encoding,) = rig.publisher.transport.receiver.publications[AUDIO].encodings.values()
    client.transport.sender.slots[AUDIO_SLOT].forwarder.set_target(encoding)
    for seq in range(2, 8):
        rig.publish(63, seq, 960 * seq, 5, red[:-1] + bytes((seq,)))
        if seq % 2:
            rig.flush()
    assert [sent.payload for sent in client.got] == [b"ne" + bytes((seq,)) for seq in range(2, 8)]
    assert {sent.header.payload_type for sent in client.got} == {109}


def test_redundancy_is_left_out_while_nothing_is_lost() -> None:
    rig = Rig()
    client, slot = rig.listener({"opus": VIEWER_OPUS, "red": VIEWER_RED})
    for number in range(2):
        rig.publish(63, 100 + number, 960 * number, 5, bytes((111,)) + b"first", {1: b"0"})
        rig.flush()
        (encoding,) = rig.publisher.transport.receiver.publications[AUDIO].encodings.values()
        if number == 0:
            slot.forwarder.set_target(encoding)
    assert client.got[0].header.payload_type == 110, "until loss is known it is sent"
    losses = [(0.0, 0.0), (0.01, 0.0), (0.03, 0.0), (0.01, 0.0), (0.0, 0.0), (0.0, 0.05)]
    for number, (down, up) in enumerate(losses):
        redundant = number in (2, 3, 5)
        client.transport.sender.loss, rig.publisher.transport.receiver.ingress.loss = down, up
        slot.weigh_redundancy(down, rig.now)
        rig.now += REDUNDANT_SECONDS
        rig.publish(63, 102 + number, 1920 + 960 * number, 5, bytes((111,)) + b"%d" % number, {1: b"0"})
        rig.flush()
        expected = (110, bytes((111,)) + b"%d" % number) if redundant else (109, b"%d" % number)
        assert (client.got[-1].header.payload_type, client.got[-1].payload) == expected
    seqs = [sent.header.seq for sent in client.got]
    assert seqs == list(range(seqs[0], seqs[0] + 7))


def test_red_whose_blocks_have_a_payload_type_that_the_viewer_gave_to_something_else_is_stripped() -> None:
    sent = Codec("red", 63, 48_000, None, "111/111")
    assert find_playable({"opus": VIEWER_OPUS, "red": OTHER_RED}, sent) is VIEWER_OPUS
    assert find_playable({"opus": VIEWER_OPUS, "red": sent}, sent) is sent


@pytest.mark.parametrize("drain", [1, 3, 16], ids=lambda drain: f"{drain} at once")
@pytest.mark.parametrize("every", [1, 2, 5, 50])
@pytest.mark.parametrize("takes_red", [False, True], ids=["plain", "red"])
def test_no_packet_is_lost_where_the_sender_changes_between_red_and_opus(
    every: int, drain: int, *, takes_red: bool
) -> None:
    rig = Rig()
    client, slot = rig.listener({"opus": VIEWER_OPUS, "red": VIEWER_RED} if takes_red else {"opus": VIEWER_OPUS})
    expected = []
    payload_type = 63
    for number in range(400):
        if number % every == 0:
            payload_type = 174 - payload_type
        sound = b"sound %d" % number
        red = bytes((111,)) + sound
        rig.publish(payload_type, 65_500 + number, 960 * number, 5, red if payload_type == 63 else sound, {1: b"0"})
        if number == 0:
            rig.flush()
            (encoding,) = rig.publisher.transport.receiver.publications[AUDIO].encodings.values()
            slot.forwarder.set_target(encoding)
            rig.relay.changed.clear()
        else:
            expected.append((110, red) if takes_red and payload_type == 63 else (109, sound))
        if number % drain == 0:
            rig.flush()
    rig.flush()
    assert [(sent.header.payload_type, sent.payload) for sent in client.got] == expected
    first = client.got[0].header
    assert [sent.header.seq for sent in client.got] == [first.seq + number for number in range(399)]
    assert {(sent.header.timestamp - first.timestamp) & 0xFFFFFFFF for sent in client.got} == {
        960 * number for number in range(399)
    }
    assert rig.relay.changed == [client.transport], "rooms are told of every turn"


def test_a_viewer_misses_only_packets_in_a_codec_that_it_lacks() -> None:
    rig = Rig()
    client, slot = rig.listener({"red": VIEWER_RED})
    for number in range(100):
        payload_type = 111 if number % 10 == 5 else 63
        rig.publish(payload_type, number, 960 * number, 5, b"\x6f%d" % number, {1: b"0"})
        rig.flush()
        if number == 0:
            (encoding,) = rig.publisher.transport.receiver.publications[AUDIO].encodings.values()
            slot.forwarder.set_target(encoding)
    assert [sent.payload for sent in client.got] == [b"\x6f%d" % number for number in range(1, 100) if number % 10 != 5]
    assert not [reason for reason in rig.relay.drops if reason.startswith("exception")]


def test_a_late_packet_from_before_a_turn_is_sent_in_its_own_codec() -> None:
    rig = Rig()
    client, slot = rig.listener({"opus": VIEWER_OPUS})
    rig.publish(111, 1, 0, 5, b"first", {1: b"0"})
    rig.flush()
    (encoding,) = rig.publisher.transport.receiver.publications[AUDIO].encodings.values()
    slot.forwarder.set_target(encoding)
    for seq, payload_type in ((2, 111), (5, 63), (4, 111), (6, 63), (3, 63), (7, 111)):
        payload = bytes((seq,)) * 5
        rig.publish(payload_type, seq, 960 * seq, 5, b"\x6f" + payload if payload_type == 63 else payload)
        if seq % 2:
            rig.flush()
    rig.flush()
    first = client.got[0].header.seq
    assert sorted((sent.header.seq - first, sent.payload) for sent in client.got) == [
        (seq - 2, bytes((seq,)) * 5) for seq in range(2, 8)
    ]


def repeated(client: Client, lost: list[int]) -> list[bytes]:
    """What the viewer gets for a NACK, encrypted as it comes."""
    transport = client.transport
    transport.sender.receive_nacks([Nack(1, client.got[0].header.ssrc, tuple(lost))], 20.0)
    transport.flush_control()
    sent, transport.outgoing[:] = list(transport.outgoing), []
    return sent


@pytest.mark.parametrize("profile", PROFILES, ids=lambda profile: profile.name.decode())
def test_a_viewer_without_rtx_gets_the_very_datagram_again(profile: SrtpProfile) -> None:
    rig = Rig(profile=profile)
    client, slot = rig.viewer(video=Codec("VP8", 120, 90_000, None))
    datagrams: dict[int, bytes] = {}
    rig.on_datagram = lambda datagram: datagrams.setdefault(int.from_bytes(datagram[2:4]), datagram)
    begin(rig, 1)
    slot.forwarder.set_target(rig.encoding(0))
    for frame in range(1, 30):
        for part in range(3):
            rig.deliver(rig.video_packet(0, 65_528 + 3 * frame + part, frame, part, key=frame == 1, parts=3))
        rig.flush()
    numbers = [sent.header.seq for sent in client.got]
    assert len(numbers) == 87
    again = repeated(client, numbers[-20:])
    assert again == [datagrams[number] for number in numbers[-20:]]
    assert rig.relay.drops["srtp_encryption_failed"] == 0
    assert repeated(client, [(numbers[-1] + 1) & 0xFFFF, (numbers[0] - 1) & 0xFFFF]) == []


def test_what_libsrtp_refused_to_encrypt_is_not_kept() -> None:
    rig = Rig()
    client, slot = rig.viewer(video=Codec("VP8", 120, 90_000, None))
    begin(rig, 1)
    slot.forwarder.set_target(rig.encoding(0))
    for part in range(2):
        rig.deliver(rig.video_packet(0, 65_531 + part, 1, part, key=True))
    rig.flush()
    sent = client.transport.egress.sent
    before = sent.octets
    slot.forwarder.munger.highest -= 2  # as a bug would: numbers that were used are used again
    batch = Batch([rig.encoding(0).cache.get(65_531), rig.encoding(0).cache.get(65_532)])  # type: ignore[list-item]
    slot.forwarder.write(batch, Arena(), lambda *_: None, rig.now)
    assert rig.relay.drops["srtp_encryption_failed"] == 2
    assert sent.octets == before


def test_viewers_with_rtx_keep_nothing() -> None:
    rig = Rig()
    client, slot = rig.viewer()
    begin(rig, 1)
    slot.forwarder.set_target(rig.encoding(0))
    rig.deliver(rig.video_packet(0, 65_531, 1, 0, key=True, parts=1))
    rig.flush()
    assert client.got
    assert client.transport.egress.sent.octets == 0


def test_red_that_can_t_be_read_disturbs_nobody() -> None:
    rig = Rig()
    client, _ = rig.viewer()
    good = bytes((111,)) + b"sound"
    rig.publish(63, 1, 0, 5, good, {1: AUDIO.encode()})
    rig.flush()
    (encoding,) = rig.publisher.transport.receiver.publications[AUDIO].encodings.values()
    client.transport.sender.slots[AUDIO_SLOT].forwarder.set_target(encoding)
    for seq, payload in ((2, good), (3, b"\xff"), (4, b"\xef\x0a\x03\xff\x6f"), (5, good)):
        rig.publish(63, seq, 960 * seq, 5, payload)
    rig.flush()
    assert [sent.payload for sent in client.got if sent.payload] == [b"sound"] * 2


@dataclass
class Watcher:
    """What must hold of everything that one viewer is sent."""

    by_number: dict[int, Sent] = field(default_factory=dict)
    ahead: Sent | None = None

    def look_at_all(self, batch: list[Sent]) -> None:
        """Take what one flush brought, in the order of its numbers: it was sent in the order of arrival."""
        first = batch[0].header.seq if batch else 0
        for sent in sorted(batch, key=lambda sent: seq_delta(sent.header.seq, first)):
            self.look(sent)

    def look(self, sent: Sent) -> None:
        number = sent.header.seq
        assert number not in self.by_number, "two packets with one number"
        self.by_number[number] = sent
        if self.ahead is not None and seq_delta(number, self.ahead.header.seq) < 0:
            return
        before, self.ahead = self.ahead, sent
        if before is None:
            assert number < 1 << 15
            return
        old, new = content(before), content(sent)
        moved = rtp.timestamp_delta(sent.header.timestamp, before.header.timestamp)
        old_numbers, new_numbers = vp8.parse(before.payload), vp8.parse(sent.payload)
        picture = ((new_numbers.picture_id or 0) - (old_numbers.picture_id or 0)) & 0x7FFF
        tl0 = ((new_numbers.tl0_index or 0) - (old_numbers.tl0_index or 0)) & 0xFF
        if old.layer == new.layer and picture == (new.frame - old.frame) & 0x7FFF:
            assert moved >= 0
            assert tl0 == (new.frame - old.frame) & 0xFF
        else:
            assert decode_video(sent.payload)[1], "a switch without a keyframe"
            assert (picture, tl0) == (1, 1)
            assert moved > 0


@dataclass
class Source:
    """Three layers whose packets are lost, late or doubled on their way to the relay."""

    rig: Rig
    seqs: list[int] = field(default_factory=lambda: [65_531] * 3)
    frames: list[int] = field(default_factory=lambda: [1] * 3)
    late: list[bytes] = field(default_factory=list)

    def send(self, layer: int, kind: str, fates: tuple[str, str]) -> None:
        for part, fate in enumerate(fates):
            packet = self._packet(layer, kind, part)
            self.seqs[layer] += 1
            if fate == "late":
                self.late.append(packet)
            for _ in range({"lost": 0, "late": 0, "twice": 2}.get(fate, 1)):
                self.rig.deliver(packet)
        self.frames[layer] += kind != "pad"

    def _packet(self, layer: int, kind: str, part: int) -> bytes:
        if kind != "pad":
            return self.rig.video_packet(layer, self.seqs[layer], self.frames[layer], part, key=kind == "key")
        packet = rtp.build_packet(96, self.seqs[layer] & 0xFFFF, self.frames[layer] * 3000, 1000 + layer, b"")
        return self.rig.publisher.protect.protect(packet)

    def send_late(self) -> None:
        for packet in self.late:
            self.rig.deliver(packet)
        self.late.clear()


_fate = st.sampled_from(["now", "now", "now", "lost", "late", "twice"])
_step = st.one_of(
    st.tuples(st.just("frame"), st.integers(0, 2), st.tuples(_fate, _fate)),
    st.tuples(st.just("frame"), st.integers(0, 2), st.tuples(_fate, _fate)),
    st.tuples(st.just("key"), st.integers(0, 2), st.tuples(_fate, _fate)),
    st.tuples(st.just("pad"), st.integers(0, 2), st.tuples(_fate, _fate)),
    st.tuples(st.just("all, one a keyframe"), st.integers(0, 2), st.tuples(_fate, _fate)),
    st.tuples(st.sampled_from(["show", "hide", "flush", "flush", "late"]), st.integers(0, 2), st.just(("", ""))),
)


@given(st.lists(_step, min_size=20, max_size=100))
@settings(derandomize=True, max_examples=choose(40, 120), deadline=None, report_multiple_bugs=False)
def test_whatever_is_lost_late_doubled_switched_or_hidden_a_viewer_sees_one_stream(
    steps: list[tuple[str, int, tuple[str, str]]],
) -> None:
    rig = Rig()
    client, slot = rig.viewer()
    begin(rig)
    slot.forwarder.set_target(rig.encoding(0))
    source, watcher, seen = Source(rig), Watcher(), 0
    for name, layer, fates in steps:
        rig.now += 0.005
        match name:
            case "frame" | "key" | "pad":
                source.send(layer, name, fates)
            case "all, one a keyframe":
                for each in range(3):
                    source.send(each, "key" if each == layer else "frame", fates)
            case "late":
                source.send_late()
            case "show":
                slot.forwarder.set_target(rig.encoding(layer))
            case "hide":
                slot.forwarder.set_target(None)
            case _:
                rig.now += 0.03
        if name in ("flush", "hide", "show"):
            rig.flush()
            watcher.look_at_all([sent for sent in client.got[seen:] if sent.payload])
            seen = len(client.got)
    assert rig.relay.drops["srtp_encryption_failed"] == 0
    for number, sent in list(watcher.by_number.items())[-40:]:
        again = slot.forwarder.retransmit(number)
        if again is not None:
            header = rtp.RtpHeader(again, len(again))
            assert again[header.payload_start : header.payload_end] == number.to_bytes(2) + sent.payload
