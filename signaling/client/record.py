"""Recording what comes in slots: packets put in order and together, and written to a file, not decoded."""

import os
from collections.abc import Callable
from fractions import Fraction
from io import BytesIO
from pathlib import Path

import av
from av.stream import Stream

from sfu.sections import Kind
from sfu.wire.rtp import timestamp_delta
from signaling.client.errors import MediaError
from signaling.client.media import CLOCK_RATES, CodecName
from signaling.client.receive import MediaPacket
from signaling.client.reorder import EncodedFrame, PictureAssembler, Reorder

VIDEO_SECONDS = 3.0
"""How long sound is held back for a picture to come, before the file is begun without one."""

SUFFIXES = (".mkv", ".webm")


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
