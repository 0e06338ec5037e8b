"""What the doctor wrote is read back as it was; the doctor itself writes it here."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from inference.core.errors import DataError
from inference.runs import data_report

STORED = Path(__file__).parents[2] / "stored" / "before_floors"


@pytest.mark.slow
def test_the_report_of_the_doctor_is_read_back(tmp_path: Path):
    rows = [f"message number {n} is good,positive" for n in range(30)]
    rows += [f"message number {n} is bad,negative" for n in range(30)]
    rows += ["message number 1 is good,negative", "no label here,"]
    (tmp_path / "data.csv").write_text("text,label\n" + "\n".join(rows) + "\n", "utf-8")
    command = [sys.executable, "-m", "training.doctor", str(tmp_path / "data.csv")]
    command += ["--no_suspects", "--output_dir", str(tmp_path / "doctor")]
    subprocess.run(command, check=True, capture_output=True)
    found = data_report.load(tmp_path / "doctor")
    (part,) = found.parts
    assert (part.name, part.rows_in, part.kept, part.rejected) == ("train", 62, 61, 1)
    assert part.label_counts == {"negative": 31, "positive": 30}
    severities = [data_report.SEVERITIES.index(one.severity) for one in found.findings]
    assert severities == sorted(severities) and found.findings
    assert sum(map(found.count, data_report.SEVERITIES)) == len(found.findings)


def test_a_report_of_before_is_read_whole():
    found = data_report.load(STORED)
    stored = json.loads((STORED / data_report.FILE_NAME).read_text("utf-8"))
    assert stored == json.loads(json.dumps({**found.as_dict(), "removed": []}))
    assert found.leaking == (found.findings[0],) and found.leaks[0].twin == "test.csv:1"
    assert found.suspects[0].given == ("negative",)


def test_no_report_is_none_and_a_broken_one_is_told(tmp_path: Path):
    assert data_report.load(tmp_path) is None
    (tmp_path / "doctor.json").write_text('{"parts": 3}')
    said = "parts is 3, expected a list; check the data again$"
    with pytest.raises(DataError, match=f"doctor.json is no report of the doctor: {said}"):
        data_report.load(tmp_path)
