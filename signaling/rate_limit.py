"""How many messages somebody may send."""

from sfu.budget import Budget


class RateLimit(Budget):
    """`burst` at once, `per_second` in the long run."""

    __slots__ = ()

    def allow(self, now: float) -> bool:
        """Count one; False where it is one too many, and then it isn't counted."""
        return self.spend(1, now)
