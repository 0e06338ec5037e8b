"""The rate limit: how many requests a visitor may make in any 60 seconds, counted in this process.

Owns the counting, and what visitors are told apart by who have not signed in: their address. It is
kept for a minute at most. Not covered: who forges the address headers of a request gets round the
limits, which are there for fairness among visitors.

Try: python -c "from inference.api.rate_limit import RateLimit; \
    print(RateLimit(60).left('somebody'))"
"""

import ipaddress
import time

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from inference.core.errors import LimitReached

LOOPBACK = "127.0.0.1"
_MAX_CHARS = 64  # of an address, which may be any text that a client sends


def visitor_address(peer: str | None, forwarded_for: str | None) -> str:
    """The address that a request counts for: peer is the other end, None on loopback.

    Behind a proxy, as on a Space, the other end is a private address; then the first address of
    the header X-Forwarded-For counts.
    """
    if peer is None or _is_private(peer):
        first = (forwarded_for or "").split(",")[0].strip()
        return first[:_MAX_CHARS] or peer or LOOPBACK
    return peer[:_MAX_CHARS]


def _is_private(peer: str) -> bool:
    try:
        return ipaddress.ip_address(peer).is_private
    except ValueError:  # uvicorn takes over what a proxy on this machine calls its client
        return True


class RateLimit:
    """So many requests a minute for every visitor; safe for threads."""

    def __init__(self, per_minute: int) -> None:
        self.per_minute = per_minute
        self._item = RateLimitItemPerMinute(per_minute)
        self._window = MovingWindowRateLimiter(MemoryStorage())

    def left(self, visitor: str) -> int:
        """Requests that the visitor may make now."""
        return self._window.get_window_stats(self._item, visitor).remaining

    def spend(self, visitor: str, cost: int = 1) -> None:
        """Count a request of a visitor; one that costs more than the limit takes all of it.

        Raises:
            LimitReached: too little is left; nothing was counted.
        """
        if not self._window.hit(self._item, visitor, cost=min(cost, self.per_minute)):
            reset = self._window.get_window_stats(self._item, visitor).reset_time
            wait_s = max(1, round(reset - time.time()))
            raise LimitReached(
                f"{self.per_minute} requests a minute are allowed to each visitor, and yours are "
                f"used up: try again in {wait_s} s.",
                wait_s,
            )
