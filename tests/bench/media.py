"""Media for measurements: packets of the sizes that cameras and microphones make; no encoder is needed."""

from dataclasses import dataclass

from signaling.client.media import SILENCE, Frame, Media, Track

_VP8_KEY, _VP8_DELTA = b"\x10\x02\x00\x9d\x01\x2a", b"\x11\x02\x00"
"""How a VP8 frame begins (RFC 6386, section 9.1); a keyframe has the start code."""
_LOOP = 5
"""Seconds until a camera's next keyframe."""


@dataclass(frozen=True, slots=True)
class Microphone:
    """Sound of that level, -dBov: 50 packets a second, or one every `pause` seconds if that is longer."""

    level: int = SILENCE
    pause: float = 0.02

    def prepare(self, name: str, *, simulcast: bool) -> Media:
        duration = round(48_000 * self.pause)
        return Media(Track("opus", (Frame((b"\xf8\xff\xfe" + bytes(77),), duration, level=self.level),)), ())


@dataclass(frozen=True, slots=True)
class Camera:
    """640×360 pixels, in three sizes with simulcast, at `fps` pictures a second."""

    fps: int = 10

    def prepare(self, name: str, *, simulcast: bool) -> Media:
        # Bytes of each packet of a picture: 32, 80 and 240 kbit/s at 10 pictures a second.
        sizes = ((160, 90, (400,)), (320, 180, (1000,)), (640, 360, (1000, 1000, 1000)))
        return Media(None, tuple(self._track(*each) for each in (sizes if simulcast else sizes[-1:])))

    def _track(self, width: int, height: int, packets: tuple[int, ...]) -> Track:
        def frame(number: int) -> Frame:
            first = _VP8_DELTA if number else _VP8_KEY + width.to_bytes(2, "little") + height.to_bytes(2, "little")
            payloads = [first + bytes(packets[0] - len(first)), *(bytes(size) for size in packets[1:])]
            return Frame(tuple(payloads) * (1 if number else 2), 90_000 // self.fps, keyframe=not number)

        return Track("VP8", tuple(map(frame, range(_LOOP * self.fps))), width=width, height=height)
