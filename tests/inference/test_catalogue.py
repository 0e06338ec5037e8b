import shutil
import warnings
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import yaml

from hub.client import Hub, connect
from hub.errors import NotFound
from inference import catalogue, compare
from inference.alignment import SigmoidHeadReadAsSoftmax
from inference.bundle import MULTI, SINGLE
from inference.catalogue import ModelEntry
from inference.compare import Cell, Column, Comparison
from inference.errors import ConfigError, ModelError
from tests.inference.conftest import LABELS, with_config

ROOT = Path(catalogue.__file__).parents[1]
SHA = "0123456789abcdef0123456789abcdef01234567"
DESCRIPTIONS = {label: f"a {label} message" for label in LABELS}
MODEL = {"repo_id": "demo/tuned", "revision": None, "role": "fine-tuned", "title": "Tuned"}
GOOD = {
    "title": "Sentiment",
    "task": {"labels": list(LABELS), "problem_type": SINGLE},
    "models": [
        MODEL,
        {
            "repo_id": "demo/other",
            "role": "pretrained",
            "label_map": {"a": "negative", "b": None},
            "problem_type": MULTI,
        },
        {"repo_id": "demo/base", "role": "zero-shot", "label_descriptions": DESCRIPTIONS},
    ],
}


def written(folder: Path, models: object = GOOD, messages: object = None) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "models.yaml").write_text(yaml.safe_dump(models))
    (folder / "messages.yaml").write_text(yaml.safe_dump(messages or {"messages": ["Hello", "Hm"]}))
    return folder


def test_a_catalogue_folder_is_read(tmp_path):
    found = catalogue.load(written(tmp_path))
    assert (found.title, found.labels, found.problem_type) == ("Sentiment", LABELS, SINGLE)
    assert found.messages == ("Hello", "Hm")
    assert (found.first_paint, found.leaderboard) == (None, ())
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
    assert len(catalogue.load(ROOT / folder).models) >= 2


def test_stored_tables_are_read_with_it(tmp_path):
    table = Comparison(
        LABELS, SINGLE, (Column("demo/tuned", SHA, "fine-tuned", "T"),), ("Hello",),
        ((Cell((0.1, 0.2, 0.7), ("positive",)),),),
    )  # fmt: skip
    compare.save(table, written(tmp_path) / "first_paint.json")
    assert catalogue.load(tmp_path).first_paint == table


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
        catalogue.load(written(tmp_path, models))


@pytest.mark.parametrize("messages", [{"messages": []}, {"messages": [" "]}, {"texts": ["a"]}])
def test_unusable_messages_are_refused(tmp_path, messages):
    with pytest.raises(ConfigError, match="messages"):
        catalogue.load(written(tmp_path, messages=messages))


def test_a_missing_or_broken_file_is_named(tmp_path):
    with pytest.raises(ConfigError, match=r"models\.yaml does not exist"):
        catalogue.load(tmp_path)
    (tmp_path / "models.yaml").write_text("title: [")
    with pytest.raises(ConfigError, match=r"models\.yaml is not valid YAML"):
        catalogue.load(tmp_path)


@pytest.fixture(scope="module")
def hub(hub_server, onnx_model, encoder, tmp_path_factory) -> Hub:
    """A loopback Hub with a classifier in ONNX, one in other labels without it, and an encoder."""
    hub = connect(hub_server.endpoint, hub_server.token, tmp_path_factory.mktemp("cache"))
    folder = tmp_path_factory.mktemp("repos")
    served = shutil.copytree(onnx_model, folder / "served")
    (served / "results").mkdir()
    (served / "results" / "golden.json").write_text("{}")
    other = with_config(onnx_model, folder / "other", id2label={"0": "a", "1": "b", "2": "c"})
    shutil.rmtree(other / "onnx")
    pickled = shutil.copytree(other, folder / "pickled")
    (pickled / "model.safetensors").rename(pickled / "pytorch_model.bin")
    hub.publish(served, "demo/cat-tuned", message="A classifier")
    hub.publish(other, "demo/cat-other", message="A classifier without ONNX")
    hub.publish(pickled, "demo/cat-pickled", message="A classifier in pickle")
    hub.publish(encoder, "demo/cat-base", message="An encoder")
    return hub


TUNED = MODEL | {"repo_id": "demo/cat-tuned"}
OTHER = {
    "repo_id": "demo/cat-other",
    "role": "pretrained",
    "label_map": {"a": "positive", "c": "negative"},
}
BASE = {"repo_id": "demo/cat-base", "role": "zero-shot", "label_descriptions": DESCRIPTIONS}


@pytest.fixture
def shown(tmp_path) -> catalogue.Catalogue:
    return catalogue.load(written(tmp_path / "cat", GOOD | {"models": [TUNED, OTHER, BASE]}))


def test_pinning_fills_in_the_commits_and_keeps_the_rest(hub, tmp_path):
    source = written(tmp_path / "cat", GOOD | {"models": [TUNED, OTHER, BASE]})
    pinned = catalogue.pin(source, hub, tmp_path / "pinned")
    assert catalogue.load(tmp_path / "pinned") == pinned
    for entry, before in zip(pinned.models, catalogue.load(source).models, strict=True):
        assert entry.revision == hub.resolve(entry.repo_id, allow_patterns=["config.json"]).sha
        assert replace(entry, revision=None) == before
    again = catalogue.pin(tmp_path / "pinned", hub, tmp_path / "again")
    assert again == pinned


def test_a_repo_that_is_not_there_cannot_be_pinned(hub, tmp_path):
    source = written(tmp_path / "cat", GOOD | {"models": [TUNED | {"repo_id": "demo/none"}]})
    with pytest.raises(NotFound, match="demo/none"):
        catalogue.pin(source, hub, tmp_path / "pinned")
    assert not (tmp_path / "pinned").exists()


def test_opening_fetches_the_int8_file_and_no_other_weights(hub, shown):
    opened = catalogue.open_model(shown.models[0], shown, hub, threads=1)
    snapshot = hub.resolve("demo/cat-tuned", allow_patterns=["config.json"])
    assert opened.column == Column("demo/cat-tuned", snapshot.sha, "fine-tuned", "Tuned")
    present = {str(path.relative_to(snapshot.folder)) for path in snapshot.folder.rglob("*.*")}
    assert "onnx/model_quantized.onnx" in present
    assert present.isdisjoint({"model.safetensors", "onnx/model.onnx", "results/golden.json"})
    assert opened.score(["good"]).sum() == pytest.approx(1)


def test_models_of_every_role_answer_in_the_tasks_labels(hub, shown):
    models = [catalogue.open_model(entry, shown, hub, threads=1) for entry in shown.models]
    table = compare.compare(
        [(opened.column, opened) for opened in models], shown.labels, SINGLE, ["good day", "bad"]
    )
    assert [column.role for column in table.columns] == ["fine-tuned", "pretrained", "zero-shot"]
    assert [score is None for score in table.cells[0][1].scores] == [False, True, False]
    # the same weights under other names: a is negative there, and is shown as positive here
    assert table.cells[0][1].scores[2] == pytest.approx(table.cells[0][0].scores[0], abs=0.1)


def test_a_pinned_revision_is_opened_though_the_branch_moved(hub, onnx_model, shown, tmp_path):
    first = hub.resolve("demo/cat-tuned", allow_patterns=["config.json"]).sha
    entry = replace(shown.models[0], revision=first)
    folder = shutil.copytree(onnx_model, tmp_path / "moved")
    (folder / "note.txt").write_text("later")
    later = hub.publish(folder, "demo/cat-tuned", message="Later").sha
    assert catalogue.open_model(entry, shown, hub, threads=1).entry.revision == first != later


def test_labels_that_do_not_fit_name_the_repo(hub, shown):
    entry = replace(shown.models[1], label_map=None)
    with pytest.raises(
        ModelError, match="cat-other at .*: the model has the labels a, b, c.*label_map: {a: null"
    ):
        catalogue.open_model(entry, shown, hub, threads=1)


def test_an_entry_says_how_the_logits_of_a_model_are_read(hub, shown):
    entry = replace(shown.models[1], problem_type=MULTI)
    task = replace(shown, problem_type=MULTI)
    by_softmax, by_sigmoid = (
        catalogue.open_model(one, task, hub, threads=1).score(["good day"])[0]
        for one in (shown.models[1], entry)
    )
    logits = np.log(by_sigmoid / (1 - by_sigmoid))
    known = ~np.isnan(logits)
    assert by_softmax[known].sum() < 1
    # softmax keeps the distances of the logits, whatever the third one was
    distances = [np.ptp(row[known]) for row in (np.log(by_softmax), logits)]
    assert distances[0] == pytest.approx(distances[1], abs=1e-3)


def test_a_pretrained_model_with_a_sigmoid_head_is_warned_of_until_its_entry_says_so(
    hub, shown, tmp_path
):
    from safetensors.torch import load_file, save_file

    folder = shutil.copytree(
        hub.resolve("demo/cat-other").folder, tmp_path / "sigmoid", symlinks=False
    )
    weights = load_file(folder / "model.safetensors")
    weights["classifier.bias"] -= 9
    save_file(weights, folder / "model.safetensors", {"format": "pt"})
    hub.publish(folder, "demo/cat-sigmoid", message="A head of rare labels")
    entry = replace(shown.models[1], repo_id="demo/cat-sigmoid")
    with pytest.warns(SigmoidHeadReadAsSoftmax, match="demo/cat-sigmoid says single_label"):
        catalogue.open_model(entry, shown, hub, threads=1)
    with warnings.catch_warnings():
        warnings.simplefilter("error", SigmoidHeadReadAsSoftmax)
        catalogue.open_model(replace(entry, problem_type=SINGLE), shown, hub, threads=1)


def test_a_repo_with_pickled_weights_alone_is_refused(hub, shown):
    entry = replace(shown.models[1], repo_id="demo/cat-pickled")
    with pytest.raises(ModelError, match="demo/cat-pickled .*pickled weights are never loaded"):
        catalogue.open_model(entry, shown, hub, threads=1)
