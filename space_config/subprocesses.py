"""Work in a process of its own, so that the libraries it loads do not stay in this one's memory.

The process ends with its work, though this one be killed meanwhile; one of a pool would wait for
more work for ever.
"""

import signal
from collections.abc import Callable
from multiprocessing import get_context

from hub.errors import UserError
from inference.core.errors import run_command


def run_in_subprocess(work: Callable[..., object], *arguments: object) -> None:
    """Do `work(*arguments)` there and wait for its end; what it returns stays there.

    Raises:
        UserError: it ended with an error, which it has said itself.
    """
    # torch's threads do not survive a fork
    process = get_context("spawn").Process(target=_do, args=(work, arguments), daemon=True)
    # It inherits this: who waits for it hears Ctrl-C too, and ends it without a traceback.
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        process.start()
    finally:
        signal.signal(signal.SIGINT, before)
    process.join()
    if process.exitcode:
        raise UserError(
            f"{work.__module__}.{work.__qualname__} ended with code {process.exitcode}, "
            "its message stands above; the same command does it again"
        )


def _do(work: Callable[..., object], arguments: tuple[object, ...]) -> None:
    def main() -> None:
        work(*arguments)

    run_command(main)
