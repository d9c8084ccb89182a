"""A media file to publish: unchanged if possible, otherwise transcoded once."""

import itertools
import math
import os
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
from av.bitstream import BitStreamFilterContext

from signaling.client.errors import MediaError
from signaling.client.media import CodecName, Media, Sample, Track, make_track
from signaling.client.pattern import BITS_PER_PIXEL, opus_encoder, vp8_encoder

MAX_HEIGHT = 720
"""Pixels; the largest height of transcoded pictures."""

MAX_FPS = 30
_KEYFRAME_SECONDS = 2
_OPUS_PACKET = (0.0024, 0.0601)
"""Seconds that the sound of one packet may last (RFC 6716, section 2.1.4: 2.5 to 60 ms of one frame)."""


@dataclass(frozen=True, slots=True)
class MediaFile:
    """The first video and the first audio stream of a file, from its first keyframe, again and again.

    VP8, H.264 without B-frames and Opus are sent as they are, the rest is transcoded to VP8 and Opus before it begins.
    All of it is held in memory, encoded.
    """

    path: str | os.PathLike[str]

    def prepare(self, name: str, *, simulcast: bool) -> Media:
        """Read the file; `simulcast` changes nothing, there is one size. Raises `MediaError`."""
        try:
            return _read(Path(self.path))
        except (OSError, av.FFmpegError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            raise MediaError(f"{os.fspath(self.path)} can't be read: {reason}.") from None


@dataclass(slots=True)
class _Stream:
    codec: CodecName
    samples: list[Sample]
    size: tuple[int, int] = (0, 0)

    @property
    def end(self) -> float:
        """Seconds; the last frame lasts as long as the one before it."""
        last = self.samples[-1].at
        return last + (last - self.samples[-2].at if len(self.samples) > 1 else 0.02)


def _read(path: Path) -> Media:
    with av.open(os.fspath(path)) as container:
        has_video, has_audio = bool(container.streams.video), bool(container.streams.audio)
    video = (_copy_video(path) or _transcode_video(path)) if has_video else None
    audio = (_copy_audio(path) or _transcode_audio(path)) if has_audio else None
    found = [stream for stream in (video, audio) if stream is not None and stream.samples]
    if not found:
        raise MediaError(f"{path} has neither video nor audio.")
    start = min(stream.samples[0].at for stream in found)
    # One length for both, in whole milliseconds, keeps them together however often they are played.
    period = math.ceil((max(stream.end for stream in found) - start) * 1000) / 1000
    tracks = {stream.codec: make_track(stream.codec, stream.samples, start, period, stream.size) for stream in found}
    videos: tuple[Track, ...] = tuple(track for codec, track in tracks.items() if codec != "opus")
    return Media(tracks.get("opus"), videos)


def _copy_video(path: Path) -> _Stream | None:
    """The encoded pictures; None where a relay or a viewer couldn't take them as they are."""
    with av.open(os.fspath(path)) as container:
        stream = container.streams.video[0]
        names: dict[str, CodecName] = {"vp8": "VP8", "h264": "H264"}
        codec = names.get(stream.codec_context.name)
        if codec is None or stream.codec_context.pix_fmt not in ("yuv420p", "yuvj420p"):
            return None
        base = stream.time_base or Fraction(1, 90_000)
        to_bytes = BitStreamFilterContext("h264_mp4toannexb", stream) if codec == "H264" else None
        samples: list[Sample] = []
        for packet in container.demux(stream):
            for each in to_bytes.filter(packet) if to_bytes is not None else [packet]:
                if each.pts is None or each.size == 0:
                    continue
                at = float(each.pts * base)
                if samples and at <= samples[-1].at:
                    return None  # pictures out of order: a live decoder shows them as they come
                samples.append(Sample(at, bytes(each), each.is_keyframe))
        while samples and not samples[0].keyframe:
            del samples[0]
        if not samples:
            return None
        return _Stream(codec, samples, (stream.codec_context.width, stream.codec_context.height))


def _copy_audio(path: Path) -> _Stream | None:
    with av.open(os.fspath(path)) as container:
        stream = container.streams.audio[0]
        if stream.codec_context.name not in ("opus", "libopus"):
            return None
        base = stream.time_base or Fraction(1, 48_000)
        samples: list[Sample] = []
        for packet in container.demux(stream):
            if packet.pts is None or packet.size == 0:
                continue
            level = _level(packet.decode())
            samples.append(Sample(float(packet.pts * base), bytes(packet), level=level))
    between = [after.at - before.at for before, after in itertools.pairwise(samples)]
    if not samples or any(not _OPUS_PACKET[0] <= seconds <= _OPUS_PACKET[1] for seconds in between):
        return None
    return _Stream("opus", samples)


def _level(frames: "list[av.AudioFrame]") -> int:
    """Audio level, -dBov (RFC 6464): from every eighth sample, which is near enough to tell speech from silence."""
    total, count = 0.0, 0
    for frame in frames:
        plain = frame.format.name in ("flt", "fltp")
        values = memoryview(bytes(frame.planes[0])).cast("f" if plain else "h")[: frame.samples : 8]
        scale = 1.0 if plain else 32768.0
        total += sum((value / scale) ** 2 for value in values)
        count += len(values)
    if not count or total / count < 1e-12:
        return 127
    return max(0, min(127, round(-10 * math.log10(total / count))))


def _transcode_video(path: Path) -> _Stream:
    """Decode and encode all pictures, at most `MAX_FPS` a second and `MAX_HEIGHT` high."""
    with av.open(os.fspath(path)) as container:
        stream = container.streams.video[0]
        context = stream.codec_context
        fps = max(1, min(MAX_FPS, round(stream.average_rate or MAX_FPS)))
        height = min(MAX_HEIGHT, context.height) & ~1
        width = round(context.width * height / max(1, context.height)) & ~1
        if not width or not height:
            raise MediaError(f"{path} has no picture size.")
        encoder = vp8_encoder((width, height), fps, int(width * height * fps * BITS_PER_PIXEL * 2))
        encoder.gop_size = _KEYFRAME_SECONDS * fps
        packets = []
        for frame in _paced(container.decode(stream), fps):
            packets += encoder.encode(frame.reformat(width, height, "yuv420p"))
        packets += encoder.encode(None)
    samples = [Sample((packet.pts or 0) / fps, bytes(packet), packet.is_keyframe) for packet in packets]
    return _Stream("VP8", samples, (width, height))


def _paced(frames: Iterator[av.VideoFrame], fps: int) -> Iterator[av.VideoFrame]:
    """Frames with whole numbers of 1/`fps` as their time, each higher than the one before."""
    last = None
    for frame in frames:
        if frame.time is None:
            continue
        number = round(frame.time * fps)
        if last is None or number > last:
            last = number
            frame.pts, frame.time_base = number, Fraction(1, fps)
            yield frame


def _transcode_audio(path: Path) -> _Stream:
    samples: list[Sample] = []
    with av.open(os.fspath(path)) as container:
        stream = container.streams.audio[0]
        encoder = opus_encoder()
        resampler = av.AudioResampler("s16", "mono", 48_000, frame_size=960)
        start: float | None = None
        levels: list[int] = []
        packets = []
        for frame in container.decode(stream):
            if start is None:
                start = frame.time or 0.0
            for each in resampler.resample(frame):
                levels.append(_level([each]))
                packets += encoder.encode(each)
    for index, packet in enumerate(packets):
        level = levels[min(index, len(levels) - 1)]
        samples.append(Sample((start or 0.0) + index * 0.02, bytes(packet), level=level))
    return _Stream("opus", samples)
