"""Rooms between the store and the calls: loads them when people come, keeps what happens in them."""

from signaling.room import Room
from signaling.session import SignalingServer
from storage.store import Store


class Calls:
    """Rooms that are in use, and what of them is kept. `start`, `stop`."""

    def __init__(self, store: Store, signaling: SignalingServer) -> None:
        self._store = store
        self._signaling = signaling

    def start(self) -> None:
        """Begin to keep."""

    async def stop(self) -> None:
        """Keep what is still to be kept."""

    async def open(self, room_id: str) -> Room | None:
        """The live room; loaded where it isn't. None: there is none, or its time is over."""
        return self._signaling.registry.by_id(room_id)

    def sign_out(self, user_id: str, *, session: str | None = None, keep: str | None = None) -> None:
        """End the calls that somebody has joined: those of one log-in, or all but those of `keep`."""
