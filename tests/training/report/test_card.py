import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from huggingface_hub import ModelCard

from inference.core.errors import DataError
from tests.training.finished_run import make_finished_run, toxicity_run, write_receipt
from training.report.card import read_facts, render_card, write_card


def test_card_of_a_finished_run_is_the_golden_one(
    tmp_path: Path, matches_golden: Callable[[str, str], None]
):
    run = make_finished_run(tmp_path / "tweets", num_train_epochs=4, learning_rate=1e-4)
    (run / "results" / "golden.json").write_text(
        '{"texts": ["ok", "the movie was really great"],'
        ' "logits": {"torch": [[0, 0, 0], [0, 1, 2]]}}'
    )
    matches_golden("card.md", render_card(read_facts(run, "demo/tweets", "v1")))


def test_the_hub_reads_metadata_and_results(exported_run: Path):
    data = ModelCard(render_card(read_facts(exported_run, "demo/tweets", "v3"))).data
    assert data.base_model == "sentence-transformers/tiny"
    assert data.to_dict()["base_model_relation"] == "finetune"
    assert (data.pipeline_tag, data.library_name) == ("text-classification", "transformers")
    assert {"onnx", "transformers.js"} <= set(data.tags)
    results = {result.metric_type: result.metric_value for result in data.eval_results}
    # an undefined figure (ROC AUC here) is left out, never 0
    assert results == {"f1": 0.7123, "accuracy": 0.75, "matthews_correlation": 0.6}
    widget = data.to_dict()["widget"]
    assert {entry["label"] for entry in widget[0]["output"]} == {"negative", "neutral", "positive"}


def test_every_number_of_the_results_table_stands_in_the_run_folder(exported_run: Path):
    card = render_card(read_facts(exported_run, "demo/tweets", "v1"))
    rows = [line for line in card.splitlines() if line.startswith("| tiny, ")]
    assert len(rows) == 6, "int8, float32 and zero-shot, in each of the two tables"
    assert all(" 0.600 (0.580 to 0.620) | 0.712 (0.692 to 0.732) | – |" in row for row in rows[:2])
    assert "**Better: tiny, fine-tuned (onnx\\_int8) beats the best free one" in card
    assert "-0.0040 MCC (95 % interval of the difference -0.0121 to +0.0033)" in card, "int8"


def test_snippets_truncate_and_name_the_tag(exported_run: Path):
    card = render_card(read_facts(exported_run, "demo/tweets", "v3"))
    assert 'model="demo/tweets", revision="v3"' in card
    assert "truncation=True, top_k=None" in card
    assert "--revision v3" in card


def test_names_of_the_user_are_shown_literally(tmp_path: Path):
    run = toxicity_run(
        tmp_path / "run",
        train_file="a|b <img src=x> ![x](http://evil).csv",
        dataset_title="---\nlicense: none\n# Title [link](javascript:x)",
    )
    card = render_card(read_facts(run, "demo/x", "v1"))
    body = card.split("\n---\n", 1)[1]
    assert "<" not in re.sub(r"```.*?```", "", body, flags=re.S), "no HTML of the user survives"
    assert "](" not in re.sub(r"```.*?```", "", body, flags=re.S).replace("\\](", "").replace(
        "\\]\\(", ""
    )
    assert "\n# Title" not in body
    data = yaml.safe_load(card.split("\n---\n", 1)[0])
    assert data["license"] == "apache-2.0"
    assert "multi-label" in data["tags"]


def test_a_card_without_onnx_says_so_and_claims_no_transformers_js(tmp_path: Path):
    card = render_card(read_facts(make_finished_run(tmp_path / "run"), "demo/x", "v1"))
    assert "cannot be exported to ONNX" in card
    assert "transformers.js" not in card
    assert "onnxruntime.InferenceSession" not in card


def test_limits_name_small_labels_and_overlap(tmp_path: Path):
    card = render_card(read_facts(make_finished_run(tmp_path / "run"), "demo/x", "v1"))
    limits = card.split("## Limits and bias")[1]
    assert "negative has only 10 test examples" in limits
    assert "2 test texts also occur in the training part" in limits
    assert "positive has 210 training examples, negative has 10" in limits


def test_no_path_of_this_machine_is_in_the_card(tmp_path: Path):
    card = render_card(read_facts(make_finished_run(tmp_path / "run"), "demo/x", "v1"))
    assert "/home/alice" not in card
    assert "my tweets.csv" in card


def test_thresholds_of_a_multilabel_model_are_listed(tmp_path: Path):
    card = render_card(read_facts(toxicity_run(tmp_path / "run"), "demo/x", "v1"))
    assert "| toxic | 0.5 |" in card
    assert "the temperature 1 to become" in card and "Note: b keeps 0.5: few." in card


def test_the_repo_is_that_of_the_run_unless_given(tmp_path: Path):
    run = make_finished_run(tmp_path / "run")
    write_receipt(run, {"notice": "none", "sha256": {}}, hub_model_id="demo/from-config")
    write_card(run)
    assert 'model="demo/from-config", revision="main"' in (run / "README.md").read_text()
    assert not list(run.glob(".README.md.*"))


def test_a_run_without_results_is_refused(tmp_path: Path):
    run = make_finished_run(tmp_path / "run")
    shutil.rmtree(run / "results")
    with pytest.raises(DataError, match="leaderboard.json does not exist"):
        write_card(run)
