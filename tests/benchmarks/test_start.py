"""What a start is held to: nothing heavy is imported, a page's memory is its process's."""

import os
from pathlib import Path

import pytest

from benchmarks import served, start

pytestmark = pytest.mark.slow


def test_importing_the_server_loads_no_engine():
    assert start.heavy_imports() == set()


def test_a_page_is_served_as_long_as_it_is_measured(tmp_path: Path):
    script = tmp_path / "page.py"
    script.write_text(start.EMPTY_PAGE)
    with served.page(script, os.environ) as space:
        assert space.process.is_running() and 20 < space.rss_mib() < 2000
    assert not space.process.is_running()


def test_the_peers_page_is_a_program(tmp_path: Path):
    page = start.PEER_PAGE.format(tuned="a folder", base="another", message=start.MESSAGE)
    compile(page, "peer.py", "exec")
