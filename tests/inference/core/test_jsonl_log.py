import json
import threading
from pathlib import Path

import pytest

from inference.core.errors import FeedbackError
from inference.core.jsonl_log import Lines


def test_lines_of_several_threads_are_whole(tmp_path: Path):
    lines = Lines(tmp_path / "new")
    record = {"text": "x" * 5000 + "\ud800\n"}
    threads = [
        threading.Thread(target=lambda: [lines.append(record) for _ in range(10)]) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (path,) = (tmp_path / "new").glob("*.jsonl")
    assert [json.loads(line) for line in path.read_text("utf-8").splitlines()] == [record] * 40


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(FeedbackError, match="was not kept"):
        Lines(tmp_path / "file" / "folder").append({})
