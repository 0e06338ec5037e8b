import shutil
import warnings
from dataclasses import replace

import numpy as np
import pytest
from scipy.special import softmax

from inference.catalogue import opening
from inference.catalogue.comparison import Column, compare_models
from inference.core.errors import ModelError
from inference.data.problem_types import MULTI, SINGLE
from inference.models.alignment import SigmoidHeadReadAsSoftmax
from inference.models.bundle import TFIDF_FILE, save_bundle
from inference.models.classifier import load_classifier
from inference.models.tfidf import load_tfidf
from tests.training.toy import toy_examples
from training.baselines import baselines, tfidf_tables


def test_opening_fetches_the_int8_file_and_no_other_weights(show_hub, shown):
    opened = opening.open_model(shown.models[0], shown, show_hub, threads=1)
    snapshot = show_hub.resolve("demo/cat-tuned", allow_patterns=["config.json"])
    assert opened.column == Column("demo/cat-tuned", snapshot.sha, "fine-tuned", "Tuned")
    present = {str(path.relative_to(snapshot.folder)) for path in snapshot.folder.rglob("*.*")}
    assert "onnx/model_quantized.onnx" in present
    assert present.isdisjoint({"model.safetensors", "onnx/model.onnx", "results/golden.json"})
    assert opened.scorer.score(["good"]).sum() == pytest.approx(1)


def test_models_of_every_role_answer_in_the_tasks_labels(show_hub, shown):
    models = [opening.open_model(entry, shown, show_hub, threads=1) for entry in shown.models]
    table = compare_models(
        [(opened.column, opened.scorer) for opened in models],
        shown.labels,
        SINGLE,
        ["good day", "bad"],
    )
    assert [column.role for column in table.columns] == ["fine-tuned", "pretrained", "zero-shot"]
    assert [score is None for score in table.cells[0][1].scores] == [False, True, False]
    # the same weights under other names: a is negative there, and is shown as positive here
    assert table.cells[0][1].scores[2] == pytest.approx(table.cells[0][0].scores[0], abs=0.1)


def test_a_pinned_revision_is_opened_though_the_branch_moved(show_hub, onnx_model, shown, tmp_path):
    first = show_hub.resolve("demo/cat-tuned", allow_patterns=["config.json"]).sha
    entry = replace(shown.models[0], revision=first)
    folder = shutil.copytree(onnx_model, tmp_path / "moved")
    (folder / "note.txt").write_text("later")
    later = show_hub.publish(folder, "demo/cat-tuned", message="Later").sha
    assert opening.open_model(entry, shown, show_hub, threads=1).entry.revision == first != later


def test_labels_that_do_not_fit_name_the_repo(show_hub, shown):
    entry = replace(shown.models[1], label_map=None)
    with pytest.raises(
        ModelError, match="cat-other at .*: the model has the labels a, b, c.*label_map: {a: null"
    ):
        opening.open_model(entry, shown, show_hub, threads=1)


def test_an_entry_says_how_the_logits_of_a_model_are_read(show_hub, shown):
    entry = replace(shown.models[1], problem_type=MULTI)
    task = replace(shown, problem_type=MULTI)
    by_softmax, by_sigmoid = (
        opening.open_model(one, task, show_hub, threads=1).scorer.score(["good day"])[0]
        for one in (shown.models[1], entry)
    )
    logits = np.log(by_sigmoid / (1 - by_sigmoid))
    known = ~np.isnan(logits)
    assert by_softmax[known].sum() < 1
    # softmax keeps the distances of the logits, whatever the third one was
    distances = [np.ptp(row[known]) for row in (np.log(by_softmax), logits)]
    assert distances[0] == pytest.approx(distances[1], abs=1e-3)


def test_a_pretrained_model_with_a_sigmoid_head_is_warned_of_until_its_entry_says_so(
    show_hub, shown, tmp_path
):
    from safetensors.torch import load_file, save_file

    folder = shutil.copytree(
        show_hub.resolve("demo/cat-other").folder, tmp_path / "sigmoid", symlinks=False
    )
    weights = load_file(folder / "model.safetensors")
    weights["classifier.bias"] -= 9
    save_file(weights, folder / "model.safetensors", {"format": "pt"})
    show_hub.publish(folder, "demo/cat-sigmoid", message="A head of rare labels")
    entry = replace(shown.models[1], repo_id="demo/cat-sigmoid")
    with pytest.warns(SigmoidHeadReadAsSoftmax, match="demo/cat-sigmoid says single_label"):
        opening.open_model(entry, shown, show_hub, threads=1)
    with warnings.catch_warnings():
        warnings.simplefilter("error", SigmoidHeadReadAsSoftmax)
        opening.open_model(replace(entry, problem_type=SINGLE), shown, show_hub, threads=1)


def test_a_repo_with_pickled_weights_alone_is_refused(show_hub, shown):
    entry = replace(shown.models[1], repo_id="demo/cat-pickled")
    with pytest.raises(ModelError, match="demo/cat-pickled .*pickled weights are never loaded"):
        opening.open_model(entry, shown, show_hub, threads=1)


def test_counted_words_are_fetched_for_a_model_that_answers_together_with_them(
    show_hub, shown, tmp_path
):
    folder = shutil.copytree(show_hub.resolve("demo/cat-tuned").folder, tmp_path / "blended")
    alone = load_classifier(folder, threads=1)
    labels = alone.bundle.labels
    fitted = next(baselines.fit(toy_examples(60), alone.bundle, seed=0, names=("tfidf_lr",)))
    tfidf_tables.save(fitted.scorer, folder)
    save_bundle(replace(alone.bundle, tfidf_weight=2.0), folder)
    show_hub.publish(folder, "demo/cat-blended", message="With words")
    entry = replace(shown.models[0], repo_id="demo/cat-blended", revision=None)
    scorer = opening.open_model(entry, shown, show_hub, threads=1).scorer
    words = load_tfidf(folder, labels)
    expected = softmax(alone.logits(["good day"]) + 2 * words.logits(["good day"]), axis=1)
    assert scorer.score(["good day"]) == pytest.approx(expected, abs=1e-5)
    assert scorer.size_bytes == alone.size_bytes + (folder / TFIDF_FILE).stat().st_size
    snapshot = show_hub.resolve("demo/cat-tuned", allow_patterns=["config.json"])
    assert not (snapshot.folder / TFIDF_FILE).exists(), "others have no use for it"
