"""Many rows beside few: the file that is made, what counts as lost, a command that is killed."""

import pytest

from benchmarks import scale
from inference.data.scan import scan_file

ROWS = 40_000


def test_the_texts_are_repeated_up_to_the_number_of_rows(tmp_path):
    path = scale.write_table(tmp_path / "in.csv", ["a, b", "c"], 5)
    seen = scan_file(path, ("text",))
    assert seen.rows == 5
    assert [row["text"] for row in seen.table().rows] == ["a, b", "c"] * 2 + ["a, b"]


@pytest.mark.parametrize(
    ("numbers", "wrong"),
    [("0123", 0), ("012", 1), ("0132", 2), ("01123", 4), ("", 4)],
)
def test_rows_that_are_lost_repeated_or_out_of_order_are_counted(tmp_path, numbers, wrong):
    path = tmp_path / "out.csv"
    path.write_text("number,decided\n" + "".join(f"{number},x\n" for number in numbers))
    assert scale.misplaced(path, 4) == wrong


@pytest.mark.slow
def test_a_killed_command_is_measured_to_its_end(tmp_path, onnx_model):
    # seconds of work after the first part: a busy machine may look away for as long
    source = scale.write_table(tmp_path / "in.csv", ["a good day", "a bad day"], ROWS)
    target = tmp_path / "out.csv"
    killed = scale.score(source, target, onnx_model, kill_after_parts=1)
    assert not target.exists()
    whole = scale.score(source, target, onnx_model)
    assert scale.misplaced(target, ROWS) == 0
    assert killed.seconds > 0 and whole.peak_mib > 30
