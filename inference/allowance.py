"""Allowance: how many requests a visitor may make in any 60 seconds, counted in this process.

Owns the counting; who a visitor is says the caller, by a text that is kept for a minute at most.

Try: python -c "from inference.allowance import Allowance; print(Allowance(60).left('somebody'))"
"""

import time

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from inference.errors import LimitReached


class Allowance:
    """So many requests a minute for every visitor; safe for threads."""

    def __init__(self, per_minute: int) -> None:
        self.per_minute = per_minute
        self._item = RateLimitItemPerMinute(per_minute)
        self._window = MovingWindowRateLimiter(MemoryStorage())

    def left(self, visitor: str) -> int:
        """Requests that the visitor may make now."""
        return self._window.get_window_stats(self._item, visitor).remaining

    def spend(self, visitor: str, cost: int = 1) -> None:
        """Count a request of a visitor; one that costs more than a minute's allowance takes it all.

        Raises:
            LimitReached: too little is left; nothing was counted.
        """
        if not self._window.hit(self._item, visitor, cost=min(cost, self.per_minute)):
            reset = self._window.get_window_stats(self._item, visitor).reset_time
            wait_s = max(1, round(reset - time.time()))
            raise LimitReached(
                f"{self.per_minute} requests a minute are allowed to each visitor, and yours are "
                f"used up: try again in {wait_s} s."
            )
