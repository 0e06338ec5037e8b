"""The demo's child processes: started with a log file, waited for, and never left behind.

Owns starting, readiness and the end of the Hub and the Space on this machine; what they serve is
decided in demo.py. A demo that was killed outright leaves its servers running; the next one finds
them by the note in `processes.json` and ends them.
"""

import json
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path

import psutil

from hub.errors import UserError

HOST = "127.0.0.1"
START_TIMEOUT_S = 60


def free_port(preferred: int = 0) -> int:
    """The preferred port of the loopback interface if nobody listens there, else any free one."""
    for port in (preferred, 0):
        with closing(socket.socket()) as listener:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                listener.bind((HOST, port))
            except OSError:
                continue
            return int(listener.getsockname()[1])
    raise UserError("no free port on the loopback interface")


class Servers:
    """The servers of one demo; leaving the `with` block ends them, however it is left."""

    def __init__(self, folder: Path) -> None:
        """Logs and the note of what runs are kept in `folder`."""
        self._folder = folder
        self._note = folder / "processes.json"
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    def __enter__(self) -> "Servers":
        self._folder.mkdir(parents=True, exist_ok=True)
        self._end_leftovers()
        return self

    def __exit__(self, *_: object) -> None:
        for process in self._running.values():
            process.terminate()
        for process in self._running.values():
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self._note.unlink(missing_ok=True)

    def start(
        self,
        name: str,
        command: Sequence[str],
        url: str,
        environment: Mapping[str, str],
        folder: Path | None = None,
    ) -> None:
        """Start a server in `folder`, or else here, and return once `url` answers 200.

        Raises:
            UserError: it ended or stayed silent for a minute; names its log and the log's end.
        """
        log = self._folder / f"{name}.log"
        with log.open("wb") as output:
            # A session of its own: Ctrl-C reaches the demo, which ends its servers in order.
            process = subprocess.Popen(
                command,
                cwd=folder,
                stdout=output,
                stderr=output,
                env=environment,
                start_new_session=True,
            )
        self._running[name] = process
        self._write_note()
        deadline = time.monotonic() + START_TIMEOUT_S
        while not _answers(url):
            if process.poll() is not None or time.monotonic() > deadline:
                state = "ended" if process.poll() is not None else f"silent for {START_TIMEOUT_S} s"
                lines = log.read_text("utf-8", errors="replace").splitlines()[-5:]
                raise UserError(f"the {name} did not start ({state}); the end of {log}: {lines}")
            time.sleep(0.1)

    def wait(self) -> None:
        """Block until a server ends by itself.

        Raises:
            UserError: one did, which none should.
        """
        while True:
            for name, process in self._running.items():
                if process.poll() is not None:
                    log = self._folder / f"{name}.log"
                    raise UserError(f"the {name} ended with code {process.returncode}; see {log}")
            time.sleep(0.5)

    def _write_note(self) -> None:
        processes = [psutil.Process(process.pid) for process in self._running.values()]
        note = [{"pid": process.pid, "started": process.create_time()} for process in processes]
        self._note.write_text(json.dumps(note), "utf-8")

    def _end_leftovers(self) -> None:
        try:
            note = json.loads(self._note.read_text("utf-8"))
        except (FileNotFoundError, json.JSONDecodeError):
            return
        for entry in note:
            try:
                process = psutil.Process(entry["pid"])
                # The number may have been given to another program since.
                if process.create_time() == entry["started"]:
                    process.kill()
                    process.wait(timeout=10)
            except psutil.NoSuchProcess:
                continue


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as response:  # noqa: S310 (our own loopback URL)
            return bool(response.status == 200)
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return False


def end_on_sigterm() -> None:
    """Let SIGTERM unwind the stack as Ctrl-C does, so that `with` blocks end their servers."""

    def leave(*_: object) -> None:
        raise SystemExit(128 + signal.SIGTERM)

    signal.signal(signal.SIGTERM, leave)
