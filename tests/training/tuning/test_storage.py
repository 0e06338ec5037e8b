"""Whose the folder of a search is, and which database may keep it."""

import json
from pathlib import Path

import pytest

from inference.core.errors import ConfigError
from inference.runs.study import Study, save_study
from training.tuning.storage import DATABASE, TRIALS, StudyStorage, hide_password

POSTGRES = "postgresql://me:secret@db:5432/tuning?application_name=a"


def _begun(folder: Path, name: str = "first", storage: str | None = None) -> StudyStorage:
    place = StudyStorage(folder, name, storage)
    place.mark()
    return place


def test_a_new_or_empty_folder_and_one_of_the_same_study_are_taken(tmp_path):
    StudyStorage(tmp_path / "new", "first", None).refuse_foreign()
    StudyStorage(tmp_path, "first", None).refuse_foreign()
    _begun(tmp_path, "a/b ü", POSTGRES)
    StudyStorage(tmp_path, "a/b ü", POSTGRES.replace("=a", "=b")).refuse_foreign()


@pytest.mark.parametrize(
    ("name", "storage", "said"),
    [
        ("second", POSTGRES, r"holds the study 'first', and 'second' was asked.*--output_dir"),
        (
            "first",
            None,
            r"kept in postgresql://me:\*\*\*@db:5432/tuning, and a file in it was asked",
        ),
    ],
)
def test_another_study_or_storage_is_refused_by_name_and_without_its_password(
    tmp_path, name, storage, said
):
    _begun(tmp_path, storage=POSTGRES)
    with pytest.raises(ConfigError, match=said) as caught:
        StudyStorage(tmp_path, name, storage).refuse_foreign()
    assert "secret" not in str(caught.value) + (tmp_path / TRIALS / ".study").read_text()


def test_a_folder_of_an_older_program_is_that_of_its_study_json(tmp_path):
    (tmp_path / TRIALS).mkdir()
    save_study(Study("first", "mcc", 5, ()), tmp_path)
    StudyStorage(tmp_path, "first", POSTGRES).refuse_foreign()
    with pytest.raises(ConfigError, match="holds the study 'first'"):
        StudyStorage(tmp_path, "second", None).refuse_foreign()


def test_what_a_kill_leaves_of_a_start_is_taken_over(tmp_path):
    (tmp_path / TRIALS).mkdir()
    for name in (f"{TRIALS}/.take", f"{TRIALS}/.study.4711", DATABASE, f"{DATABASE}-journal"):
        (tmp_path / name).touch()
    StudyStorage(tmp_path, "second", None).refuse_foreign()


@pytest.mark.parametrize("name", ["stages.json", "trials/1", "thesis.txt"])
def test_a_folder_of_other_things_is_refused(tmp_path, name):
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).touch()
    with pytest.raises(ConfigError, match="not empty and holds no search of ours"):
        StudyStorage(tmp_path, "first", None).refuse_foreign()


def test_a_file_and_a_mark_that_cannot_be_read_are_refused(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(ConfigError, match="is a file; choose another --output_dir"):
        StudyStorage(tmp_path / "file", "first", None).refuse_foreign()
    _begun(tmp_path / "study")
    for content in ("{", "3", json.dumps({"name": "first"})):
        (tmp_path / "study" / TRIALS / ".study").write_text(content)
        with pytest.raises(ConfigError, match="does not say of which study it is"):
            StudyStorage(tmp_path / "study", "first", None).refuse_foreign()


def test_unless_a_url_is_given_the_study_is_kept_in_its_folder(tmp_path):
    assert StudyStorage(tmp_path, "first", None).url() == f"sqlite:///{tmp_path / DATABASE}"
    assert StudyStorage(tmp_path, "first", POSTGRES).url() == POSTGRES
    assert hide_password(POSTGRES) == "postgresql://me:***@db:5432/tuning"
