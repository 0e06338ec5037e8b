"""Garbage collection once pages are drawn, in place of Streamlit's after every run of a fragment.

Not a page. A full collection looks at every object of every package imported, for 0.1 s or more in
which no other thread runs; a chat that is streamed is drawn five times a second. So Streamlit's own
is off (postScriptGC in .streamlit/config.toml), and the frame of the Space asks for one here.
"""

import gc
import threading

AFTER_S = 2.0  # the page is painted by then, and those who come meanwhile share a collection
THREAD_NAME = "garbage collection"

_is_due = threading.Lock()


def collect_soon(after_s: float = AFTER_S) -> None:
    """Have garbage collected shortly, such as what a visit left that has ended."""
    if _is_due.acquire(blocking=False):
        timer = threading.Timer(after_s, _collect)
        timer.name = THREAD_NAME
        timer.daemon = True
        timer.start()


def _collect() -> None:
    _is_due.release()  # first: what is left from now on asks again
    gc.collect()
