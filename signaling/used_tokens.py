"""Join tokens that have been used: each lets in one participant."""

from dataclasses import dataclass

from signaling.join_token import JoinToken

SWEEP_SECONDS = 30.0
"""Seconds between removals of expired tokens."""


@dataclass(frozen=True, slots=True)
class Use:
    """Who joined with a token. Ids rather than objects, so that people who have left aren't kept in memory."""

    room: str
    member: str
    """A participant or a visitor."""
    expires: int


class UsedTokens:
    """Remembers tokens until they expire, so memory is bounded by the joins in that time."""

    def __init__(self) -> None:
        self._uses: dict[str, Use] = {}
        self._next_sweep = 0.0

    def __len__(self) -> int:
        return len(self._uses)

    def find(self, token: JoinToken) -> Use | None:
        """Return who joined with this token, if anyone did."""
        return self._uses.get(token.id)

    def add(self, token: JoinToken, room: str, member: str, unix_now: float) -> None:
        """Note who joined with a token."""
        if unix_now >= self._next_sweep:
            self._next_sweep = unix_now + SWEEP_SECONDS
            self._uses = {key: use for key, use in self._uses.items() if use.expires >= unix_now}
        self._uses[token.id] = Use(room, member, token.expires)

    def release(self, token: JoinToken) -> None:
        """Allow a token to be used again: its bearer's connection was lost while waiting to be let in."""
        self._uses.pop(token.id, None)
