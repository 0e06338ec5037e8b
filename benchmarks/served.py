"""A Streamlit script served on loopback for as long as it is measured.

with served.page(Path("server.py"), environment) as space:
    print(space.url, space.rss_mib())
"""

import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from benchmarks.material import PROJECT
from space_config.servers import HOST, Servers, free_port


@dataclass(frozen=True)
class Served:
    """A page that answers."""

    url: str
    process: psutil.Process

    def rss_mib(self) -> float:
        """Resident memory of its process and of those that it started."""
        family = [self.process, *self.process.children(recursive=True)]
        return sum(member.memory_info().rss for member in family) / 2**20


@contextmanager
def page(script: Path, environment: Mapping[str, str]) -> Iterator[Served]:
    """Start it and wait until it is healthy; it is ended with the block."""
    port = free_port()
    command = [sys.executable, "-m", "streamlit", "run", str(script), "--server.port", str(port)]
    command += ["--server.address", HOST, "--server.headless", "true"]
    with tempfile.TemporaryDirectory() as folder, Servers(Path(folder)) as servers:
        url = f"http://{HOST}:{port}"
        servers.start("page", command, f"{url}/_stcore/health", environment, folder=PROJECT)
        children = psutil.Process().children()
        mine = next(child for child in children if str(port) in child.cmdline())
        yield Served(url, mine)
