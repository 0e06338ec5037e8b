"""Requests of a visitor are counted over a sliding minute, each visitor's for itself."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from inference.api.rate_limit import RateLimit, visitor_address
from inference.core.errors import LimitReached


def test_a_visitor_may_make_so_many_requests_and_is_told_when_the_next():
    limit = RateLimit(3)
    for left in (2, 1, 0):
        limit.spend("ada")
        assert limit.left("ada") == left
    with pytest.raises(LimitReached, match=r"3 requests a minute .* try again in \d+ s"):
        limit.spend("ada")
    assert limit.left("grace") == 3


def test_a_refused_request_costs_nothing_and_a_dear_one_takes_all():
    limit = RateLimit(3)
    limit.spend("ada")
    with pytest.raises(LimitReached):
        limit.spend("ada", cost=3)
    assert limit.left("ada") == 2
    limit.spend("grace", cost=1000)
    assert limit.left("grace") == 0


def test_what_was_spent_comes_back_after_a_minute(monkeypatch: pytest.MonkeyPatch):
    limit = RateLimit(1)
    limit.spend("ada")
    later = time.time() + 61
    monkeypatch.setattr(time, "time", lambda: later)
    limit.spend("ada")


def test_many_at_once_get_no_more_than_one_after_the_other():
    limit = RateLimit(20)

    def try_once(_: int) -> bool:
        try:
            limit.spend("ada")
        except LimitReached:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(try_once, range(60))) == 20


@pytest.mark.parametrize(
    ("peer", "forwarded_for", "expected"),
    [
        (None, None, "127.0.0.1"),
        ("127.0.0.1", "", "127.0.0.1"),
        ("10.0.0.3", None, "10.0.0.3"),
        ("10.0.0.3", "198.51.100.7, 10.1.1.1", "198.51.100.7"),
        ("8.8.8.8", "198.51.100.7", "8.8.8.8"),  # who needs no proxy is not believed
        ("not an address", None, "not an address"),
        ("10.0.0.3", "x" * 1000, "x" * 64),
    ],
)
def test_visitors_are_told_apart_by_their_address(peer, forwarded_for, expected: str):
    assert visitor_address(peer, forwarded_for) == expected
