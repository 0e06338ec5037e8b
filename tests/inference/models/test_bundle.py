import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from scipy.special import expit

from inference.core.errors import ModelError, TextError
from inference.data.problem_types import MULTI, SINGLE
from inference.models.bundle import Bundle, load_bundle, save_bundle

STORED = Path(__file__).parents[2] / "stored" / "before_floors" / "run" / "decision.json"
CONFIG = {
    "id2label": {"0": "calm", "1": "angry"},
    "problem_type": MULTI,
    "max_position_embeddings": 128,
    "model_type": "bert",
}


def folder(tmp_path: Path, config: dict | None = None, **files: object) -> Path:
    contents = {"config": CONFIG if config is None else config, **files}
    for name, content in contents.items():
        (tmp_path / f"{name}.json").write_text(json.dumps(content))
    return tmp_path


def test_what_is_saved_is_what_is_loaded(tmp_path):
    bundle = Bundle(
        ("calm", "angry"), MULTI, ("title", "body"), " [SEP] ", 100, 1.5, (0.2, 0.7), "val"
    )
    save_bundle(bundle, folder(tmp_path))
    assert load_bundle(tmp_path) == bundle
    assert not list(tmp_path.glob(".*"))


def test_a_weight_of_words_is_written_where_there_is_one_alone(tmp_path):
    """A program that does not know it must refuse the file, as its answers would be others."""
    bundle = Bundle(("calm", "angry"), MULTI, max_tokens=64, thresholds=(0.2, 0.7))
    blended = replace(bundle, tfidf_weight=0.5, logit_offsets={"calm": -1.0, "angry": 2.0})
    for one in (bundle, blended):
        save_bundle(one, folder(tmp_path))
        assert load_bundle(tmp_path) == one
        stored = json.loads((tmp_path / "decision.json").read_text())
        assert ("tfidf_weight" in stored) == (one is blended) == ("logit_offsets" in stored)
    assert blended.plain.thresholds == pytest.approx(expit([-1, 2]))
    assert blended.plain.tfidf_weight == 0
    assert blended.plain.temperature == 1


def test_the_file_names_the_label_of_each_threshold(tmp_path):
    save_bundle(Bundle(("calm", "angry"), MULTI, thresholds=(0.2, 0.7)), tmp_path)
    stored = json.loads((tmp_path / "decision.json").read_text())
    assert stored["thresholds"] == {"calm": 0.2, "angry": 0.7}


def test_a_repo_without_decision_json_gets_the_defaults_of_transformers(tmp_path):
    bundle = load_bundle(folder(tmp_path, tokenizer_config={"model_max_length": 64}))
    assert bundle == Bundle(("calm", "angry"), MULTI, (), " ", 64, 1.0, (0.5, 0.5))


@pytest.mark.parametrize(
    "config, labels, problem_type",
    [
        ({}, ("LABEL_0", "LABEL_1"), SINGLE),
        ({"id2label": {"0": "toxic"}}, ("toxic",), MULTI),
        ({"id2label": {"1": "b", "0": "a", "2": "c"}}, ("a", "b", "c"), SINGLE),
    ],
)
def test_what_config_leaves_out_is_read_as_the_pipeline_reads_it(
    tmp_path, config, labels, problem_type
):
    bundle = load_bundle(folder(tmp_path, config))
    assert (bundle.labels, bundle.problem_type) == (labels, problem_type)


GOOD = {"labels": ["calm", "angry"], "problem_type": MULTI, "max_tokens": 64}


@pytest.mark.parametrize(
    "change, message",
    [
        ({"labels": ["angry", "calm"]}, "config.json says"),
        ({"problem_type": SINGLE}, "config.json says"),
        ({"max_tokens": 4096}, "reads at most 128"),
        (
            {"max_tokens": "many"},
            "decision.json: max_tokens is 'many', expected a whole number; publish",
        ),
        ({"tfidf_weight": -1}, "tfidf_weight must be a number, 0 or above, seen -1"),
        ({"logit_offsets": {"calm": 0.5}}, "logit_offsets must name each label"),
        (
            {"logit_offsets": {"calm": 0.5, "angry": float("inf")}},
            "logit_offsets must be numbers, seen",
        ),
        ({"thresholds": {"calm": 0.5}}, "thresholds must name each of calm, angry"),
        (
            {"thresholds": {"calm": 0.5, "angry": "high"}},
            "thresholds.angry is 'high', expected a number",
        ),
        ({"thresholds": {"calm": 0.5, "angry": 1.5}}, r"must lie in \[0, 1\]"),
        ({"thresholds": {"calm": 0.5, "angry": float("nan")}}, r"must lie in \[0, 1\]"),
        ({"temperature": 0}, "decision.json: temperature must be a number above 0, seen 0"),
        ({"temperature": float("nan")}, "above 0, seen nan"),
        ({"version": 2}, "version 2, this program reads 1"),
        ({"colour": "red"}, "unknown key.s. colour; known: labels"),
        ({"text_fields": "text"}, "decision.json: text_fields is 'text', expected a list; publish"),
    ],
)
def test_a_contradiction_is_refused(tmp_path, change, message):
    with pytest.raises(ModelError, match=message):
        load_bundle(folder(tmp_path, decision=GOOD | change))


@pytest.mark.parametrize("key", ["problem_type", "max_tokens"])
def test_a_decision_without_what_it_must_say_is_refused(tmp_path, key):
    decision = {name: value for name, value in GOOD.items() if name != key}
    with pytest.raises(ModelError, match=f"decision.json: {key} is absent, expected a "):
        load_bundle(folder(tmp_path, decision=decision))


def test_a_decision_of_a_run_of_before_is_read(tmp_path):
    shutil.copy(STORED, tmp_path)
    names = {"0": "negative", "1": "neutral", "2": "positive"}
    (tmp_path / "config.json").write_text(json.dumps({"id2label": names}))
    bundle = load_bundle(tmp_path)
    assert (bundle.labels, bundle.max_tokens) == (tuple(names.values()), 32)
    assert (bundle.temperature, bundle.chosen_on) == (
        0.514151,
        "24 validation examples: temperature by log-loss",
    )
    save_bundle(bundle, tmp_path / "again")
    assert (tmp_path / "again" / "decision.json").read_bytes() == STORED.read_bytes()


@pytest.mark.parametrize(
    "config, message",
    [
        ({"id2label": {"0": "a", "2": "b"}}, "expected the numbers from 0 on"),
        ({"id2label": ["a", "b"]}, "expected the numbers from 0 on"),
        ({"id2label": {"0": "a", "1": "a"}}, "share a name"),
        ({"problem_type": "regression"}, "compares classifiers"),
    ],
)
def test_an_unusable_config_is_refused(tmp_path, config, message):
    with pytest.raises(ModelError, match=message):
        load_bundle(folder(tmp_path, config))


def test_a_missing_or_broken_file_is_named(tmp_path):
    with pytest.raises(ModelError, match=r"config\.json is missing"):
        load_bundle(tmp_path)
    (tmp_path / "config.json").write_text('{"id2label": ')
    with pytest.raises(ModelError, match=r"config\.json is not valid JSON"):
        load_bundle(tmp_path)


def test_single_label_models_have_no_thresholds():
    assert Bundle(("a", "b"), SINGLE).thresholds == ()
    with pytest.raises(ModelError, match="2 thresholds for 0 expected"):
        Bundle(("a", "b"), SINGLE, thresholds=(0.5, 0.5))


@pytest.mark.parametrize(
    "names, fields, text",
    [
        (("text",), {"text": "hi", "other": "x"}, "hi"),
        (("b", "a"), {"a": "one", "b": "two"}, "two | one"),
        (("a", "b"), {"a": "one", "b": " "}, "one |  "),
        (("a", "b"), {"a": " ", "b": "\u200b"}, ""),
        ((), {"title": "T", "body": "B"}, "T | B"),
    ],
)
def test_fields_become_one_text(names, fields, text):
    assert Bundle(("a", "b"), SINGLE, names, " | ").compose(fields) == text


def test_a_missing_field_is_named():
    with pytest.raises(TextError, match="title, body; body is missing from title"):
        Bundle(("a", "b"), SINGLE, ("title", "body")).compose({"title": "T"})


def test_a_field_of_json_is_read_into_words_and_stays_one_when_stored(tmp_path):
    bundle = Bundle(("calm", "angry"), MULTI, ("title", "q"), " | ", 64, json_fields=("q",))
    assert bundle.compose({"title": "T", "q": '{"a": 0.1, "b": 0.2}'}) == "T | b 20%; a 10%"
    assert bundle.compose({"title": " ", "q": "{}"}) == ""
    save_bundle(bundle, folder(tmp_path))
    assert load_bundle(tmp_path).json_fields == ("q",)


def test_what_labels_are_called_in_a_file_is_stored(tmp_path):
    names = {"0": "calm", "1": "angry"}
    bundle = Bundle(("calm", "angry"), MULTI, max_tokens=64, label_names=names)
    save_bundle(bundle, folder(tmp_path))
    assert load_bundle(tmp_path).label_names == names


def test_how_alike_a_field_is_to_the_texts_of_another_comes_first(tmp_path):
    match = {"title": "q"}
    bundle = Bundle(
        ("calm", "angry"), MULTI, ("title", "q"), " | ", 64, json_fields=("q",), match_fields=match
    )
    fields = {"title": "rain coat", "q": '{"rain coat": 0.2, "hat": 0.1}'}
    assert bundle.compose(fields) == "identical | rain coat | rain coat 20%; hat 10%"
    assert bundle.compose({"title": " ", "q": "{}"}) == ""
    save_bundle(bundle, folder(tmp_path))
    assert load_bundle(tmp_path).match_fields == match


@pytest.mark.parametrize("match", [{"other": "q"}, {"title": "title"}])
def test_a_match_of_other_fields_than_text_against_json_is_refused(match):
    with pytest.raises(ModelError, match="must hold text_fields against json_fields"):
        Bundle(("a", "b"), SINGLE, ("title", "q"), json_fields=("q",), match_fields=match)


def test_a_record_whose_field_is_no_json_is_the_visitors_to_mend():
    bundle = Bundle(("a", "b"), SINGLE, ("q",), json_fields=("q",))
    with pytest.raises(TextError, match="cannot read this record: 'q' is not JSON"):
        bundle.compose({"q": "rain coat"})


def test_a_field_of_json_that_the_model_does_not_read_is_refused():
    with pytest.raises(ModelError, match="json_fields q are not all among the text_fields text"):
        Bundle(("a", "b"), SINGLE, json_fields=("q",))
