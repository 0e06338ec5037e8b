"""What the packages beneath say while weights are read, before and after they are hushed."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.space_fixtures import PROJECT
from tests.tiny import make_tiny_model

LOAD = """
import sys
from transformers import AutoModelForSequenceClassification
from training.settings import console
if sys.argv[2] == "hushed":
    console.hush()
AutoModelForSequenceClassification.from_pretrained(sys.argv[1])
"""


def _said(base: Path, how: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", LOAD, str(base), how], cwd=PROJECT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


@pytest.mark.slow
def test_a_new_head_is_no_news_on_the_console(tmp_path: Path):
    base = make_tiny_model(tmp_path / "base", labels=None)
    assert "LOAD REPORT" in _said(base, "as it is"), "there is something to hush"
    assert _said(base, "hushed") == ""
