"""A start of processes whatever this process's main module is."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType


@contextmanager
def no_main() -> Iterator[None]:
    """A start of processes that does not run this process's main module again in each of them.

    Streamlit's AppTest leaves a script there, which fails when it is run outside of it.
    """
    main = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = main
