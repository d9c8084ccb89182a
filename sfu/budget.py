"""A token bucket that limits what a participant may ask for; its user chooses the unit."""


class Budget:
    """Up to `burst` at once, `per_second` in the long run."""

    __slots__ = ("_at", "_burst", "_left", "_per_second")

    def __init__(self, burst: float, per_second: float) -> None:
        self._burst = burst
        self._per_second = per_second
        self._left = float(burst)
        self._at = 0.0

    def spend(self, amount: float, now: float) -> bool:
        """Take an amount out. False: there isn't enough left, and nothing is taken."""
        self._refill(now)
        if amount > self._left:
            return False
        self._left -= amount
        return True

    def charge(self, amount: float, now: float) -> None:
        """Take out an amount that was already used. The budget may go below zero, by at most `burst`."""
        self._refill(now)
        self._left = max(self._left - amount, -self._burst)

    def left(self, now: float) -> float:
        """How much can be spent now."""
        self._refill(now)
        return self._left

    def _refill(self, now: float) -> None:
        if now > self._at:
            self._left = min(self._burst, self._left + (now - self._at) * self._per_second)
            self._at = now
