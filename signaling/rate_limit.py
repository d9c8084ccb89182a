"""Rate limits."""

from sfu.budget import Budget


class RateLimit(Budget):
    """`burst` at once, `per_second` in the long run."""

    __slots__ = ()

    def allow(self, now: float) -> bool:
        """Charge one. Returns False if it is one too many; then it isn't charged."""
        return self.spend(1, now)
