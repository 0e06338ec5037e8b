"""Waiting for what others do: until something is true, and a command that only sleeps."""

import sys
import time
from collections.abc import Callable

LIMIT_S = 60.0
SLEEP = (sys.executable, "-c", "import time; print('begun', flush=True); time.sleep(600)")


def wait_for(
    is_true: Callable[[], bool], what: str, limit_s: float = LIMIT_S, pause_s: float = 0.02
) -> None:
    """Return once it is true; `what` stands in the message when the time is over."""
    deadline = time.monotonic() + limit_s
    while not is_true():
        assert time.monotonic() < deadline, f"{what} took longer than {limit_s} s"
        time.sleep(pause_s)
