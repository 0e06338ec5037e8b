import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from inference.core.errors import DataError
from inference.evaluation import stored_results
from inference.evaluation.leaderboard import Leaderboard
from inference.evaluation.predictions import Predictions, save
from inference.models import bundle
from inference.models.bundle import Bundle
from tests.boards import board, row
from tests.results_files import write_results
from tests.tiny import LABELS, make_tiny_model

REPO = "demo/ours"
TABLE = board(row("ours", repo_id=REPO), row("free", role="baseline"), examples=40)


@pytest.fixture
def catalogue(tmp_path: Path) -> Path:
    """A catalogue folder that keeps what a published repo holds."""
    stored_results.keep(write_results(tmp_path / "repo", TABLE), tmp_path / "catalogue", REPO)
    return tmp_path / "catalogue"


def found(catalogue: Path, table: Leaderboard = TABLE) -> stored_results.StoredResults:
    there = stored_results.find(catalogue, table)
    assert there is not None
    return there


def test_every_row_of_the_table_has_its_answers(catalogue: Path):
    there = found(catalogue)
    assert there.row_ids[:2] == ("test.csv:1", "test.csv:2")
    accuracy = [
        (there.answers(*key).decided == there.targets.matrix).all(axis=1).mean()
        for key in (("ours", REPO), ("free", ""))
    ]
    assert accuracy[0] > accuracy[1] > 0.4, accuracy


def test_two_models_of_one_test_set_stand_side_by_side(catalogue: Path, tmp_path: Path):
    other = replace(TABLE, rows=(row("ours", repo_id="demo/other"),))
    stored_results.keep(write_results(tmp_path / "other", other), catalogue, "demo/other")
    joined = replace(TABLE, rows=(*TABLE.rows, *other.rows))
    there = found(catalogue, joined)
    assert {key[1] for key in there.files} == {REPO, "", "demo/other"}


def test_without_stored_answers_there_is_no_evidence(tmp_path: Path):
    assert stored_results.find(tmp_path, TABLE) is None


def test_answers_of_another_test_set_are_not_taken(catalogue: Path):
    assert stored_results.find(catalogue, replace(TABLE, test_sha256="f" * 64)) is None


def test_a_row_without_answers_says_so(catalogue: Path):
    assert found(catalogue).answers("new", "") is None


def test_answers_of_other_rows_are_refused(catalogue: Path):
    path = stored_results.folder_of(catalogue, REPO) / "results" / "predictions" / "ours.parquet"
    scores = np.full((3, 3), 0.5, np.float32)
    save(Predictions(LABELS, scores, scores > 0.5), path)
    with pytest.raises(DataError, match="3 rows .* expected 40"):
        found(catalogue).answers("ours", REPO)


def test_a_damaged_list_of_rows_is_refused(catalogue: Path):
    (stored_results.folder_of(catalogue, REPO) / "results" / "splits.json").write_text(
        '{"test": []}'
    )
    with pytest.raises(DataError, match="does not name 40 test rows"):
        stored_results.find(catalogue, TABLE)


@pytest.fixture
def with_texts(tmp_path: Path) -> Path:
    """The same with the file of the test rows beside it."""
    file = tmp_path / "held back.csv"
    file.write_text("text,label\n" + "".join(f"text {n},a\n" for n in range(1, 41)))
    repo = write_results(tmp_path / "repo", TABLE, file)
    make_tiny_model(repo, LABELS)
    bundle.save_bundle(Bundle(LABELS, bundle.SINGLE, max_tokens=32), repo)
    stored_results.keep(repo, tmp_path / "catalogue", REPO)
    (tmp_path / "catalogue" / "texts").mkdir()
    shutil.copy(file, tmp_path / "catalogue" / "texts")
    return tmp_path / "catalogue"


def test_texts_are_there_where_the_owner_puts_the_file(with_texts: Path):
    assert stored_results.texts(found(with_texts))[:2] == ("text 1", "text 2")
    shutil.rmtree(with_texts / "texts")
    assert stored_results.texts(found(with_texts)) == ()


def test_texts_of_another_file_are_refused(with_texts: Path):
    (with_texts / "texts" / "held back.csv").write_text("text,label\nanother,a\n")
    with pytest.raises(DataError, match="not the file that the models were measured on"):
        stored_results.texts(found(with_texts))


def test_how_a_kept_model_decides_is_known(with_texts: Path):
    kept = stored_results.bundle_of(with_texts, REPO)
    assert kept is not None and kept.labels == LABELS
    assert stored_results.bundle_of(with_texts, "demo/none") is None
    weights = list(stored_results.folder_of(with_texts, REPO).rglob("*.safetensors"))
    assert not weights, "a catalogue keeps no weights"
