"""Memory that a training on a CPU frees stays in the process, for the next step to take.

glibc maps every block above 32 MiB anew and gives the end of its heap back to the system, so a step
finds the memory of the one before gone: the kernel clears 100,000 pages and more for it, up to a
third of the time of a step on long texts (benchmarks/LOG.md).
"""

import ctypes
import platform

# malloc.h of glibc
_TRIM_THRESHOLD, _MMAP_MAX, _ARENA_MAX = -1, -4, -8
_NEVER = -1  # taken as a size_t, the largest there is


def keep_freed_memory() -> None:
    """Let malloc of this process give nothing back from now on; where it is not glibc's, nothing.

    All threads share one heap from now on, so that what the backward pass frees in its thread can
    serve the forward pass of the next step in another.
    """
    if platform.libc_ver()[0] != "glibc":
        return
    malloc_options = ctypes.CDLL(None).mallopt
    for option, value in ((_ARENA_MAX, 1), (_MMAP_MAX, 0), (_TRIM_THRESHOLD, _NEVER)):
        malloc_options(option, value)
