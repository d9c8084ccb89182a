"""Join tokens that were used, each of which lets in one participant."""

from dataclasses import dataclass

from signaling.join_token import JoinToken

SWEEP_SECONDS = 30.0
"""Between looks for tokens that have expired."""


@dataclass(frozen=True, slots=True)
class Use:
    """Who came in with a token. Ids rather than objects, so that nobody who has left is kept in memory."""

    room: str
    member: str
    """A participant, or somebody who waits to be let in."""
    expires: int


class UsedTokens:
    """Remembers a token until it expires, so that memory is bounded by the joins of that time."""

    def __init__(self) -> None:
        self._uses: dict[str, Use] = {}
        self._next_sweep = 0.0

    def __len__(self) -> int:
        return len(self._uses)

    def find(self, token: JoinToken) -> Use | None:
        """Who came in with this token."""
        return self._uses.get(token.id)

    def add(self, token: JoinToken, room: str, member: str, unix_now: float) -> None:
        """Note who has come in with a token."""
        if unix_now >= self._next_sweep:
            self._next_sweep = unix_now + SWEEP_SECONDS
            self._uses = {key: use for key, use in self._uses.items() if use.expires >= unix_now}
        self._uses[token.id] = Use(room, member, token.expires)

    def release(self, token: JoinToken) -> None:
        """Let a token be used again: its bearer was lost while waiting to be let in."""
        self._uses.pop(token.id, None)
