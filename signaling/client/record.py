"""Recording what comes in slots: packets put in order and together, and written to a file, not decoded."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from io import BytesIO
from pathlib import Path

import av
from av.stream import Stream

from sfu.codecs import h264, vp8
from sfu.sections import Kind
from sfu.wire.rtp import Unwrapper, timestamp_delta
from signaling.client.media import CLOCK_RATES, CodecName, H264Assembler, MediaError
from signaling.client.receive import MediaPacket

REORDER_SECONDS = 0.5
"""How long a missing packet is waited for: some round trips of asking for it again."""

VIDEO_SECONDS = 3.0
"""How long sound is held back for a picture to come, before the file is begun without one."""

SUFFIXES = (".mkv", ".webm")


class Reorder:
    """Gives packets in the order of their sequence numbers."""

    def __init__(self) -> None:
        self._unwrapper = Unwrapper()
        self._next: int | None = None
        self._waiting: dict[int, MediaPacket] = {}

    def add(self, packet: MediaPacket) -> list[tuple[MediaPacket, bool]]:
        """Take a packet; those whose turn it is, each with whether packets before it were given up."""
        index = self._unwrapper.unwrap(packet.seq)
        if self._next is None:
            self._next = index
        if index < self._next:
            return []
        self._waiting[index] = packet
        ready = self._take(after_gap=False)
        oldest = next(iter(self._waiting.values()), None)
        if oldest is not None and packet.arrival - oldest.arrival > REORDER_SECONDS:
            ready += self._skip()
        return ready

    def _take(self, *, after_gap: bool) -> list[tuple[MediaPacket, bool]]:
        ready = []
        assert self._next is not None
        while (packet := self._waiting.pop(self._next, None)) is not None:
            ready.append((packet, after_gap))
            after_gap = False
            self._next += 1
        return ready

    def _skip(self) -> list[tuple[MediaPacket, bool]]:
        self._next = min(self._waiting)
        return self._take(after_gap=True)

    def flush(self) -> list[tuple[MediaPacket, bool]]:
        """All that wait, at the end."""
        ready = []
        while self._waiting:
            ready += self._skip()
        return ready


@dataclass(frozen=True, slots=True)
class EncodedFrame:
    """A whole picture, or the sound of one packet; `arrival` of its last packet, by the event loop's clock."""

    codec: CodecName
    timestamp: int
    data: bytes
    keyframe: bool
    arrival: float


class PictureAssembler:
    """Puts pictures together, and leaves out those that can't be decoded. `wants_keyframe`: so, until one comes."""

    def __init__(self) -> None:
        self.wants_keyframe = True
        self._parts: list[MediaPacket] = []

    def add(self, packet: MediaPacket, *, after_gap: bool) -> EncodedFrame | None:
        """Take the next packet; the picture that it completes."""
        if after_gap:
            self._parts.clear()
            self.wants_keyframe = True
        if self._parts and self._parts[0].timestamp != packet.timestamp:
            self._parts.clear()  # its marker never came: a picture that was cut short where the sender restarted
        self._parts.append(packet)
        return self._complete() if packet.marker else None

    def _complete(self) -> EncodedFrame | None:
        parts, self._parts = self._parts, []
        try:
            data, keyframe = _join_vp8(parts) if parts[0].codec == "VP8" else _join_h264(parts)
        except (vp8.Vp8Error, MediaError):
            self.wants_keyframe = True
            return None
        if self.wants_keyframe and not keyframe:
            return None
        self.wants_keyframe = False
        last = parts[-1]
        return EncodedFrame(last.codec, last.timestamp, data, keyframe, last.arrival)


def _join_vp8(parts: list[MediaPacket]) -> tuple[bytes, bool]:
    descriptors = [vp8.parse(part.payload) for part in parts]
    if not descriptors[0].start_of_frame:
        raise MediaError("The picture's first packet is missing.")
    data = b"".join(part.payload[each.size :] for part, each in zip(parts, descriptors, strict=True))
    return data, vp8.is_keyframe(parts[0].payload, descriptors[0])


def _join_h264(parts: list[MediaPacket]) -> tuple[bytes, bool]:
    assembler = H264Assembler()
    for part in parts:
        assembler.add(part.payload)
    return bytes(assembler.data), h264.is_keyframe(parts[0].payload)


class _Line:
    """The time line of one stream in the file."""

    def __init__(self, stream: Stream, rate: int, first: EncodedFrame, begin: float) -> None:
        self.stream = stream
        self._rate = rate
        self._timestamp = first.timestamp
        self._ticks = max(0, round((first.arrival - begin) * rate))
        self._last = -1

    def packet(self, frame: EncodedFrame) -> "av.Packet[Stream]":
        """The frame as the file takes it."""
        self._ticks += timestamp_delta(frame.timestamp, self._timestamp)
        self._timestamp = frame.timestamp
        self._last = max(self._last + self._rate // 1000, self._ticks)
        packet: av.Packet[Stream] = av.Packet(frame.data)
        packet.stream = self.stream
        packet.time_base = Fraction(1, self._rate)
        packet.pts = packet.dts = self._last
        packet.is_keyframe = frame.keyframe
        return packet


def check_recordable(path: Path) -> None:
    """Whether a recording can be written there; what is there stays. Raises `MediaError`."""
    if path.suffix not in SUFFIXES:
        raise MediaError(f"{path} can't be recorded to: the name must end in {' or '.join(SUFFIXES)}.")
    existed = path.exists()
    try:
        with path.open("ab"):
            pass
        if not existed:
            path.unlink()
    except OSError as error:
        raise MediaError(f"{path} can't be written: {error.strerror}.") from None


class Recorder:
    """Writes one picture and one sound to a Matroska or WebM file, from the first keyframe until `close`.

    `want_keyframe` is called when only a keyframe helps. A failure to write ends the recording, and is in `failure`.
    """

    def __init__(self, path: str | os.PathLike[str], kinds: set[Kind], want_keyframe: Callable[[], None]) -> None:
        self.path = Path(path)
        self.frames: dict[Kind, int] = dict.fromkeys(kinds, 0)
        """Frames written, by kind."""
        self.failure: str | None = None
        self._want_keyframe = want_keyframe
        self._reorder: dict[Kind, Reorder] = {kind: Reorder() for kind in kinds}
        self._pictures = PictureAssembler()
        self._asked_at = float("-inf")
        self._held: list[EncodedFrame] = []
        self._lines: dict[Kind, _Line] = {}
        self._streams: dict[Kind, Stream] = {}
        self._codec: CodecName | None = None
        self._begin = 0.0
        self._container: av.container.OutputContainer | None = None
        self._closed = False
        check_recordable(self.path)
        self.path.write_bytes(b"")

    def add(self, packet: MediaPacket) -> None:
        """Take a packet of the slot."""
        kind: Kind = "audio" if packet.codec == "opus" else "video"
        if not self._closed and kind in self._reorder:
            self._pass_on(self._reorder[kind].add(packet))

    def _pass_on(self, ready: list[tuple[MediaPacket, bool]]) -> None:
        try:
            for packet, after_gap in ready:
                if packet.codec == "opus":
                    self._write(EncodedFrame("opus", packet.timestamp, packet.payload, True, packet.arrival))
                    continue
                frame = self._pictures.add(packet, after_gap=after_gap)
                if frame is not None:
                    self._write(frame)
                elif self._pictures.wants_keyframe and packet.arrival - self._asked_at > 1:
                    self._asked_at = packet.arrival
                    self._want_keyframe()
        except (av.FFmpegError, OSError, ValueError) as error:
            self.failure = f"{self.path} can't be written: {getattr(error, 'strerror', None) or error}."
            self.close()

    def _write(self, frame: EncodedFrame) -> None:
        if self._container is None:
            self._held.append(frame)
            waited = frame.arrival - self._held[0].arrival
            if frame.codec == "opus" and "video" in self._reorder and waited < VIDEO_SECONDS:
                return
            self._open(frame if frame.codec != "opus" else None)
            held, self._held = self._held, []
            for each in held:
                self._mux(each)
        else:
            self._mux(frame)

    def _open(self, picture: EncodedFrame | None) -> None:
        container = self._container = av.open(os.fspath(self.path), "w")
        if picture is not None:
            self._codec = picture.codec
            self._streams["video"] = _add_video(container, picture)
        if "audio" in self._reorder:
            sound = container.add_stream("libopus", rate=CLOCK_RATES["opus"])
            self._streams["audio"] = sound
        self._begin = self._held[0].arrival

    def _mux(self, frame: EncodedFrame) -> None:
        kind: Kind = "audio" if frame.codec == "opus" else "video"
        stream = self._streams.get(kind)
        if stream is None or self._container is None or (kind == "video" and frame.codec != self._codec):
            return
        line = self._lines.get(kind)
        if line is None:
            line = self._lines[kind] = _Line(stream, CLOCK_RATES[frame.codec], frame, self._begin)
        self._container.mux(line.packet(frame))
        self.frames[kind] += 1

    def close(self) -> None:
        """Write what waits, and the end of the file. Where nothing had come, no file is left."""
        if self._closed:
            return
        if self.failure is None:
            for reorder in self._reorder.values():
                self._pass_on(reorder.flush())
        self._closed = True
        try:
            if self._container is None and self._held:
                self._open(None)
                for frame in self._held:
                    self._mux(frame)
            if self._container is not None:
                self._container.close()
                self._drop_empty_streams()
        except (av.FFmpegError, OSError, ValueError) as error:
            self.failure = self.failure or f"{self.path} can't be written: {error}."
        if self._container is None:
            self.path.unlink(missing_ok=True)

    def _drop_empty_streams(self) -> None:
        """Write the file again without streams of which nothing came: the header had to name them before that."""
        kept = [kind for kind in self._streams if self.frames[kind]]
        if len(kept) == len(self._streams):
            return
        part = self.path.with_name(f".{self.path.stem}.part{self.path.suffix}")
        try:
            with av.open(os.fspath(self.path)) as whole, av.open(os.fspath(part), "w") as target:
                streams = {
                    each.index: target.add_stream_from_template(each) for each in whole.streams if each.type in kept
                }
                for packet in whole.demux(*(whole.streams[index] for index in streams)):
                    if packet.dts is not None:
                        packet.stream = streams[packet.stream.index]
                        target.mux(packet)
            part.replace(self.path)
        finally:
            part.unlink(missing_ok=True)


def _add_video(container: "av.container.OutputContainer", picture: EncodedFrame) -> Stream:
    if picture.codec == "VP8":
        header = picture.data[6:10]
        width, height = (int.from_bytes(header[at : at + 2], "little") & 0x3FFF for at in (0, 2))
        return container.add_mux_stream("vp8", rate=30, width=width, height=height)
    # The demuxer reads the parameter sets, which the file's header must hold.
    with av.open(BytesIO(picture.data), format="h264") as reader:
        return container.add_stream_from_template(reader.streams.video[0])
