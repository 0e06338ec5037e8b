from dataclasses import replace
from pathlib import Path

import pytest

from hub.errors import NotFound
from inference.catalogue import catalogue
from inference.catalogue.catalogue import ModelEntry
from inference.catalogue.comparison import Cell, Column, Comparison, save_comparison
from inference.core.errors import ConfigError
from inference.data.problem_types import MULTI, SINGLE
from tests.inference.show import BASE, DESCRIPTIONS, GOOD, MODEL, OTHER, TUNED, written
from tests.tiny import LABELS

ROOT = Path(catalogue.__file__).parents[2]
SHA = "0123456789abcdef0123456789abcdef01234567"


def test_a_catalogue_folder_is_read(tmp_path):
    found = catalogue.load_catalogue(written(tmp_path))
    assert (found.title, found.labels, found.problem_type) == ("Sentiment", LABELS, SINGLE)
    assert found.messages == ("Hello", "Hm")
    assert (found.first_paint, found.leaderboard) == (None, None)
    assert found.models == (
        ModelEntry("demo/tuned", "fine-tuned", "Tuned"),
        ModelEntry(
            "demo/other",
            "pretrained",
            "demo/other",
            label_map={"a": "negative"},
            problem_type=MULTI,
        ),
        ModelEntry("demo/base", "zero-shot", "demo/base", label_descriptions=DESCRIPTIONS),
    )


@pytest.mark.parametrize("folder", ["space_config", "space_config/demo"])
def test_the_catalogues_that_are_shipped_can_be_read(folder):
    assert len(catalogue.load_catalogue(ROOT / folder).models) >= 2


def test_stored_tables_are_read_with_it(tmp_path):
    table = Comparison(
        LABELS, SINGLE, (Column("demo/tuned", SHA, "fine-tuned", "T"),), ("Hello",),
        ((Cell((0.1, 0.2, 0.7), ("positive",)),),),
    )  # fmt: skip
    save_comparison(table, written(tmp_path) / "first_paint.json")
    assert catalogue.load_catalogue(tmp_path).first_paint == table


def test_a_folder_of_folders_holds_several_catalogues_by_name(tmp_path):
    for name in ("toys", "clicks"):
        written(tmp_path / name, GOOD | {"title": name.title()})
    (tmp_path / "notes").mkdir()
    found = catalogue.load_catalogues(tmp_path)
    assert {name: one.title for name, one in found.items()} == {"clicks": "Clicks", "toys": "Toys"}
    assert list(found) == ["clicks", "toys"]


def test_two_catalogues_of_one_title_are_refused(tmp_path):
    for name in ("toys", "clicks"):
        written(tmp_path / name)
    with pytest.raises(ConfigError, match="several catalogues have the title Sentiment"):
        catalogue.load_catalogues(tmp_path)


def test_a_catalogue_with_folders_beside_its_files_is_one(tmp_path):
    written(written(tmp_path / "space") / "demo")
    assert list(catalogue.load_catalogues(tmp_path / "space")) == ["space"]


def test_a_folder_without_any_catalogue_says_which_file_is_missing(tmp_path):
    with pytest.raises(ConfigError, match=r"models\.yaml does not exist"):
        catalogue.load_catalogues(tmp_path)


def model(**changes: object) -> dict:
    return GOOD | {"models": [{k: v for k, v in (MODEL | changes).items() if v != "gone"}]}


@pytest.mark.parametrize(
    "models, message",
    [
        (GOOD | {"colour": 1}, "unknown key.s. colour; known: title, task, models"),
        (model(colour=1), "model 1: unknown key.s. colour; known: repo_id, role"),
        (GOOD | {"models": []}, "models is .*expected a list of at least one"),
        (GOOD | {"title": None}, "title is None; expected a text"),
        (GOOD | {"task": {"labels": ["a", "b"]}}, "task.problem_type is None; expected single"),
        (GOOD | {"task": {"labels": [False, True], "problem_type": SINGLE}}, "quote yes, no"),
        (GOOD | {"task": {"labels": ["a", "a"], "problem_type": SINGLE}}, "holds a text twice"),
        (model(repo_id="../secret"), r"model 1 \(../secret\): '../secret' is not the id"),
        (model(repo_id="https://evil/x"), "is not the id of a repo"),
        (model(role="best"), "role is 'best'; expected one of fine-tuned, pretrained, zero-shot"),
        (model(revision="main"), "revision is 'main'; expected null, or a commit of 40 hex"),
        (model(label_map={"x": "joy"}), "maps 'x' to 'joy'; expected one of negative"),
        (model(label_map=["x"]), "label_map is .*expected names with values"),
        (
            model(problem_type="sigmoid"),
            "problem_type is 'sigmoid'; expected single.*none for what",
        ),
        (model(label_descriptions=DESCRIPTIONS), "for the role zero-shot alone"),
        (model(role="zero-shot"), "label_descriptions is None"),
        (
            model(role="zero-shot", label_descriptions={"positive": "x"}),
            "expected each of negative",
        ),
        ([], "expected names with values"),
    ],
)
def test_what_cannot_be_used_is_refused_with_its_place(tmp_path, models, message):
    with pytest.raises(ConfigError, match=message):
        catalogue.load_catalogue(written(tmp_path, models))


@pytest.mark.parametrize("messages", [{"messages": []}, {"messages": [" "]}, {"texts": ["a"]}])
def test_unusable_messages_are_refused(tmp_path, messages):
    with pytest.raises(ConfigError, match="messages"):
        catalogue.load_catalogue(written(tmp_path, messages=messages))


def test_a_missing_or_broken_file_is_named(tmp_path):
    with pytest.raises(ConfigError, match=r"models\.yaml does not exist"):
        catalogue.load_catalogue(tmp_path)
    (tmp_path / "models.yaml").write_text("title: [")
    with pytest.raises(ConfigError, match=r"models\.yaml is not valid YAML"):
        catalogue.load_catalogue(tmp_path)


def test_pinning_fills_in_the_commits_and_keeps_the_rest(show_hub, tmp_path):
    source = written(tmp_path / "cat", GOOD | {"models": [TUNED, OTHER, BASE]})
    pinned = catalogue.pin_catalogue(source, show_hub, tmp_path / "pinned")
    assert catalogue.load_catalogue(tmp_path / "pinned") == pinned
    for entry, before in zip(pinned.models, catalogue.load_catalogue(source).models, strict=True):
        assert entry.revision == show_hub.resolve(entry.repo_id, allow_patterns=["config.json"]).sha
        assert replace(entry, revision=None) == before
    again = catalogue.pin_catalogue(tmp_path / "pinned", show_hub, tmp_path / "again")
    assert again == pinned


def test_a_repo_that_is_not_there_cannot_be_pinned(show_hub, tmp_path):
    source = written(tmp_path / "cat", GOOD | {"models": [TUNED | {"repo_id": "demo/none"}]})
    with pytest.raises(NotFound, match="demo/none"):
        catalogue.pin_catalogue(source, show_hub, tmp_path / "pinned")
    assert not (tmp_path / "pinned").exists()
