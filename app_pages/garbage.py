"""Garbage collection, which Streamlit asks for after every run of a page, kept to what is new.

Not a page. With a few hundred thousand objects of imported packages a full collection takes 0.1 s
or more, in which no other thread runs; a chat that is streamed is drawn five times a second. What
packages bring stays for good, so it is taken out of the collector's sight, once after each import.
"""

import gc
import sys
import threading

_NEW = 100  # modules that make it worth while

_lock = threading.Lock()
_settled = 0


def settle() -> None:
    """Where packages were imported since the last call, never look at what is there now again.

    Garbage is collected first. What a session holds just then is freed as soon as nothing refers to
    it, unless it refers to itself; that is rare, as packages are imported a few times in all.
    """
    global _settled
    if len(sys.modules) < _settled + _NEW or not _lock.acquire(blocking=False):
        return
    try:
        gc.collect()
        gc.freeze()
        _settled = len(sys.modules)
    finally:
        _lock.release()
