"""The list of rows that were left out is read as it was written, and holds the split together."""

import pytest

from inference.core.errors import DataError, ModelError
from inference.runs.data_report import Suspect
from tests.training.toy import WHERE, toy_config, write_toy_csv
from training.data import data
from training.data.left_out import SUSPECTS, read_suspects, write_suspects

ROWS = (
    Suspect("a, b.csv:12", ("good",), ("bad",), 0.0123),
    Suspect('a"b.csv:3', ("a|b", "c,d"), (), 0.5),
)


def test_it_is_read_as_it_was_written(tmp_path):
    assert read_suspects(tmp_path) == ()
    write_suspects(tmp_path, ROWS)
    assert read_suspects(tmp_path) == ROWS
    assert (tmp_path / SUSPECTS).read_text("utf-8").startswith("row,label,suggested,quality\n")


@pytest.mark.parametrize("text", ["", "row,text\n", "row,label,suggested,quality\na:1,x,y,z\n"])
def test_another_file_is_refused_by_name(text, tmp_path):
    (tmp_path / "results").mkdir()
    (tmp_path / SUSPECTS).write_text(text)
    with pytest.raises(ModelError, match=r"suspects.csv is no list of suspected rows"):
        read_suspects(tmp_path)


def test_only_rows_that_are_trained_on_can_be_left_out(tmp_path):
    config = toy_config(train_file=str(write_toy_csv(tmp_path / "toy.csv", 60))).data
    splits = data.prepare(config, WHERE.connect(), seed=1)
    ids = splits.row_ids()
    rows = [Suspect(place, (), (), 0.1) for place in (ids["train"][3], ids["train"][7])]
    fewer = splits.without(rows)
    assert fewer.row_ids()["train"] == [
        row for i, row in enumerate(ids["train"]) if i not in (3, 7)
    ]
    assert (fewer.validation, fewer.test) == (splits.validation, splits.test)
    assert splits.without([]) is splits
    with pytest.raises(DataError, match=f"{ids['validation'][0]} cannot be left out"):
        splits.without([Suspect(ids["validation"][0], (), (), 0.1)])
