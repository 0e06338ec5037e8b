"""Whose folder it is, and which stages are done in it."""

import json

import pytest

from inference.errors import ConfigError
from training.run_folder import RunFolder, write_json

IDENTITY: dict[str, object] = {"seed": 1}


def test_a_stage_is_found_again_by_its_key_alone(tmp_path):
    run = RunFolder.open(tmp_path / "run", IDENTITY)
    run.record("export", ["abc", 1], {"size": 3})
    again = RunFolder.open(tmp_path / "run", IDENTITY)
    assert again.find("export", ["abc", 1]) == {"size": 3}
    assert again.find("export", ["xyz", 1]) is None
    assert again.find("measure", ["abc", 1]) is None


def test_opening_writes_nothing(tmp_path):
    RunFolder.open(tmp_path / "run", IDENTITY)
    assert not (tmp_path / "run").exists()


def test_a_folder_of_other_settings_is_refused_with_what_to_do(tmp_path):
    RunFolder.open(tmp_path, IDENTITY).write()
    with pytest.raises(ConfigError, match=r"seed is 1 there, 2 asked\. Choose another"):
        RunFolder.open(tmp_path, {"seed": 2})


def test_a_folder_of_something_else_is_refused(tmp_path):
    (tmp_path / "photo.jpg").write_text("x")
    with pytest.raises(ConfigError, match="holds no run of ours"):
        RunFolder.open(tmp_path, IDENTITY)
    with pytest.raises(ConfigError, match="is a file"):
        RunFolder.open(tmp_path / "photo.jpg", IDENTITY)


def test_a_kill_in_the_very_first_write_leaves_the_folder_usable(tmp_path):
    (tmp_path / ".stages.json.123").write_text('{"iden')
    RunFolder.open(tmp_path, IDENTITY).write()
    assert RunFolder.open(tmp_path, IDENTITY).find("fit", 1) is None


@pytest.mark.parametrize("content", ["", "[]", '{"identity": {}}'])
def test_a_damaged_ledger_is_named(tmp_path, content):
    (tmp_path / "stages.json").write_text(content)
    with pytest.raises(ConfigError, match=r"stages\.json cannot be read"):
        RunFolder.open(tmp_path, IDENTITY)


def test_json_is_written_whole_with_its_folder(tmp_path):
    path = tmp_path / "a" / "b.json"
    write_json(path, {"ü": (1, 2)})
    assert json.loads(path.read_text()) == {"ü": [1, 2]}
    with pytest.raises(ValueError, match="JSON compliant"):
        write_json(path, {"x": float("nan")})
    assert json.loads(path.read_text()) == {"ü": [1, 2]}
    assert [item.name for item in path.parent.iterdir()] == ["b.json"]
