"""All benchmarks in turn: what is found becomes a section of the log, failures too."""

import sys

import pytest

from benchmarks import __main__
from benchmarks.contest import Ratio

FOUND = Ratio("scoring", "2,000 texts / pipeline", 178.4567, 83.3, 2.142, ">= 8", "texts/s")
ALONE = Ratio("scale", "rows lost", 0, None, None, "0", "rows")


def test_a_section_has_a_line_for_every_comparison_and_names_what_failed():
    text = __main__.section("2026-11-21", "2 cores", [FOUND, ALONE], ["api (exit code 1)"])
    lines = text.splitlines()
    assert lines[0] == "## 2026-11-21 Beside the peers, `make bench`" and lines[2] == "2 cores."
    assert "| scoring | 2,000 texts / pipeline | 178 | 83.3 | texts/s | 2.14 | >= 8 |" in lines
    assert "| scale | rows lost | 0 | - | rows | - | 0 |" in lines
    assert lines[-1] == "Failed, see the console: api (exit code 1)."


def test_the_machine_and_the_versions_are_told():
    assert "cores" in __main__.machine()
    assert "torch" in __main__.versions() and "Python 3." in __main__.versions()


def test_one_that_fails_does_not_keep_the_others_from_the_log(tmp_path, monkeypatch, capfd):
    log = tmp_path / "LOG.md"
    log.write_text("# Log\n")
    nowhere = str(tmp_path / "no-demo")
    line = ["bench", "--only", "api", "--log", str(log), "--demo", nowhere, "--rounds", "1"]
    monkeypatch.setattr(sys, "argv", line)
    with pytest.raises(SystemExit, match="failed: api"):
        __main__.main()
    assert "Run `make demo" in capfd.readouterr().err
    text = log.read_text()
    assert text.startswith("# Log\n\n## 2") and "api (exit code 1)" in text
    assert "when it began" in text
