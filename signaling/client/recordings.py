"""The recordings that a program makes at a time."""

import os
from collections.abc import Callable, Mapping

from signaling.client.lazy_types import Recorder
from signaling.client.receive import Slot
from signaling.messages import Kind


class Recordings:
    """Connects slots with recorders, until each is stopped."""

    def __init__(self) -> None:
        self._running: list[tuple[Recorder, list[Slot]]] = []

    def begin(
        self, path: str | os.PathLike[str], slots: Mapping[Kind, Slot], request_keyframe: Callable[[Slot], None]
    ) -> Recorder:
        """Record slots, at most one of each kind, by which they are given."""
        from signaling.client import record  # loads PyAV

        video = slots.get("video")
        recorder = record.Recorder(path, set(slots), lambda: request_keyframe(video) if video is not None else None)
        for slot in slots.values():
            slot.on_packet = recorder.add
        if video is not None:
            request_keyframe(video)
        self._running.append((recorder, list(slots.values())))
        return recorder

    def stop(self, recorder: Recorder) -> None:
        """End a recording and its file."""
        for each, slots in self._running:
            if each is recorder:
                _stop(recorder, slots)
        self._running = [(each, slots) for each, slots in self._running if each is not recorder]

    def stop_all(self) -> None:
        """End all of them."""
        for recorder, slots in self._running:
            _stop(recorder, slots)
        self._running.clear()


def _stop(recorder: Recorder, slots: list[Slot]) -> None:
    for slot in slots:
        slot.on_packet = None
    recorder.close()
