"""From a file to a repo: real processes, a real Hub, a tiny model."""

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

from inference.catalogue import opening
from inference.catalogue.catalogue import ModelEntry
from inference.core import settings
from inference.core.errors import ConfigError, DataError, run_command
from inference.evaluation.leaderboard import FINE_TUNED
from inference.models.classifier import ONNX_FP32, load_classifier
from tests.tiny import make_tiny_model
from tests.training.toy import WHERE, toy_config, write_toy_csv
from training.classifier import preparation
from training.run.checks import DEVIATES
from training.run.run_folder import sha256_of
from training.train import main, train
from training.trainer.processes import Processes
from training.verify import verify

pytestmark = pytest.mark.slow

PROJECT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def toy_file(tmp_path_factory) -> Path:
    return write_toy_csv(tmp_path_factory.mktemp("data") / "toy.csv", 150)


@pytest.fixture(scope="module")
def base(tmp_path_factory) -> Path:
    return make_tiny_model(tmp_path_factory.mktemp("base") / "model", layers=1)


@pytest.fixture(scope="module")
def finished(base, toy_file, hub_server, tmp_path_factory):
    """A run that was left alone: its settings, where it took place, what came of it."""
    folder = tmp_path_factory.mktemp("finished")
    environ = hub_server.environment(folder / "home") | {"CPU_CORES": "1", "DEVICE": "cpu"}
    config = toy_config(
        train_file=str(toy_file),
        model_name_or_path=str(base),
        output_dir=str(folder / "run"),
        push_to_hub=True,
        hub_model_id="toy-train",
    )
    where = settings.load_settings(environ)
    return config, where, train(config, where)


def _command(config, *flags: str) -> list[str]:
    given = ["--config", str(Path(config.trainer.output_dir) / "run.json"), *flags]
    return [sys.executable, "-m", "training.train", *given]


def _environment(home: Path) -> dict[str, str]:
    return settings.child_environment(
        HF_HOME=str(home), CPU_CORES="1", OMP_NUM_THREADS="1", DEVICE="cpu"
    )


def test_a_file_becomes_a_repo_that_anybody_can_load(finished, hub_server, tmp_path):
    _, _, result = finished
    from transformers import pipeline

    assert result.repo_id == "demo/toy-train"
    folder = hub_server.api().snapshot_download(
        result.repo_id, revision=result.sha, cache_dir=tmp_path
    )
    classify = pipeline("text-classification", folder, top_k=None)
    (scores,) = classify(["good great love"], truncation=True)
    assert scores[0]["label"] == "positive"
    assert {row["label"] for row in scores} == {"negative", "neutral", "positive"}


def test_the_receipt_tells_what_the_weights_came_from(finished, toy_file):
    config, _, result = finished
    receipt = json.loads((result.run_dir / "run.json").read_text())
    assert receipt["format"] == 1
    assert receipt["config"] == config.as_dict()
    assert receipt["weights_sha256"] == sha256_of(result.run_dir / "model.safetensors")
    assert receipt["data"]["sources"][0]["sha256"] == sha256_of(toy_file)
    assert receipt["training"]["metric"] == "mcc"
    assert [line["epoch"] for line in receipt["history"]] == [1.0, 2.0]
    assert receipt["metrics"].keys() == {"onnx_int8", "onnx_fp32", *config.report.baselines}
    assert receipt["decision"]["temperature"] > 0
    assert result.verdict.startswith(("Better: ", "Cannot tell: ", "Worse: "))
    assert not (result.run_dir / "checkpoints").exists()


def test_few_texts_are_trained_by_their_plan_and_anybody_can_load_what_comes_of_it(
    toy_file, tmp_path, capsys
):
    base = make_tiny_model(tmp_path / "base", labels=None, layers=1)
    (base / "1_Pooling").mkdir()
    (base / "1_Pooling" / "config.json").write_text('{"pooling_mode_mean_tokens": true}')
    left_open = dict.fromkeys(
        ("contrastive_weight", "learning_rate", "freeze_layers", "min_steps"), None
    )
    config = toy_config(
        train_file=str(toy_file),
        model_name_or_path=str(base),
        output_dir=str(tmp_path / "run"),
        pooling="auto",
        max_steps=4,
        baselines=(),
        **left_open,
    )
    result = train(config, WHERE)
    assert "plan for few texts: 4 steps" in capsys.readouterr().out
    receipt = json.loads((result.run_dir / "run.json").read_text())
    names = ("pooling", *left_open)
    assert [receipt["config"][name] for name in names] == ["mean", 0.9, 5e-5, 0, 200]
    assert receipt["export"]["notice"] is None
    assert json.loads((result.run_dir / "config.json").read_text())["num_hidden_layers"] == 2
    from transformers import pipeline

    text = "good great love"
    (scores,) = pipeline("text-classification", str(result.run_dir), top_k=None)([text])
    model = load_classifier(result.run_dir, engine=ONNX_FP32, threads=1)
    temperature = model.bundle.temperature
    assert temperature == 1.0, "fifteen validation texts are too few to fit one"
    served = dict(zip(model.bundle.labels, model.score([text])[0].tolist(), strict=True))
    assert served == pytest.approx({row["label"]: row["score"] for row in scores}, abs=1e-4)


def test_what_was_free_and_better_is_published_and_answers_alike_everywhere(
    base, hub_server, tmp_path
):
    """Two steps teach nothing: a head over the frozen encoder is better, and words are too."""
    where = settings.load_settings(
        hub_server.environment(tmp_path / "home") | {"CPU_CORES": "1", "DEVICE": "cpu"}
    )
    config = toy_config(
        train_file=str(write_toy_csv(tmp_path / "toy.csv", 900)),
        model_name_or_path=str(base),
        output_dir=str(tmp_path / "run"),
        baselines=("tfidf_lr", "encoder_lr"),
        max_steps=2,
        head_start="shares",
        validation_size=0.2,
        push_to_hub=True,
        hub_model_id="toy-free",
    )
    result = train(config, where)
    receipt = json.loads((result.run_dir / "run.json").read_text("utf-8"))
    assert receipt["kept"] == "frozen" and receipt["decision"]["tfidf_weight"] > 0
    card = (result.run_dir / "README.md").read_text("utf-8")
    assert "under a head fitted to" in card and "frozen, with a new head without TF-IDF" in card
    hub = where.connect()
    states = {check.state for check in verify(result.run_dir, hub)}
    assert DEVIATES not in states, states
    entry = ModelEntry(str(result.repo_id), FINE_TUNED, "", result.sha)
    published = opening.open_unaligned(entry, hub, threads=1).scorer
    texts = ["good love", "awful day", "the movie"]
    local = load_classifier(result.run_dir, threads=1)
    assert published.score(texts) == pytest.approx(local.score(texts), abs=1e-6)
    assert published.bundle.tfidf_weight > 0 and published.bundle == local.bundle


def test_the_same_again_makes_nothing_anew(finished):
    config, where, first = finished
    before = {path: path.stat().st_mtime_ns for path in first.run_dir.rglob("*.onnx")}
    again = train(config, where)
    assert (again.repo_id, again.sha) == (first.repo_id, first.sha)
    assert before == {path: path.stat().st_mtime_ns for path in first.run_dir.rglob("*.onnx")}


def test_a_model_that_was_chosen_stays_that_of_the_run(finished, base, tmp_path, capsys):
    config, where, first = finished
    auto = config.with_values(model_name_or_path="auto", model_candidates=("demo/nowhere",))
    assert train(auto, where).sha == first.sha
    assert "comparing" not in capsys.readouterr().out, "the run has its model"
    elsewhere = auto.with_values(
        output_dir=str(tmp_path / "run"), push_to_hub=False, model_candidates=(str(base),)
    )
    prepared = preparation.prepare(elsewhere, where.connect(), Processes(elsewhere.trainer, where))
    assert prepared.config.model.model_name_or_path == str(base)
    assert prepared.base.folder == base
    assert "comparing pretrained models, frozen, on 120 texts: 1" in capsys.readouterr().out


def test_a_folder_of_another_run_is_refused_with_the_difference(finished):
    config, where, _ = finished
    with pytest.raises(ConfigError, match=r"seed is 42 there, 7 asked.*--output_dir"):
        train(config.with_values(seed=7), where)


def test_other_data_in_the_folder_of_a_run_is_refused(finished, toy_file, tmp_path):
    config, where, _ = finished
    changed = tmp_path / "toy.csv"
    changed.write_text(toy_file.read_text() + "one more great text,positive\n")
    with pytest.raises(ConfigError, match=r"train sha256 is \w+ there, \w+ asked"):
        train(config.with_values(train_file=str(changed)), where)


def test_a_folder_with_other_things_is_left_alone(finished, tmp_path):
    config, where, _ = finished
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(ConfigError, match="not empty and holds no run"):
        train(config.with_values(output_dir=str(tmp_path)), where)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_weights_that_were_exchanged_are_noticed(finished, tmp_path):
    import shutil

    config, where, result = finished
    copy = tmp_path / "copy"
    shutil.copytree(result.run_dir, copy)
    with (copy / "model.safetensors").open("ab") as file:
        file.write(b"x")
    with pytest.raises(ConfigError, match="is not what training wrote"):
        train(config.with_values(output_dir=str(copy)), where)


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"text_fields": ("tweet",)}, DataError, "tweet"),
        ({"label_descriptions": {"good": "x"}}, ConfigError, "but the labels are negative"),
        ({"model_name_or_path": "./nowhere"}, ConfigError, "holds no config.json"),
        ({"max_seq_length": 16, "train_file": "gone.csv"}, DataError, "gone.csv"),
        ({"study": __file__}, DataError, "test_train.py is no study of python -m training.tune"),
    ],
)
def test_what_cannot_work_is_refused_before_anything_is_written(
    finished, tmp_path, changes, error, message
):
    config, where, _ = finished
    folder = tmp_path / "new"
    with pytest.raises(error, match=message):
        train(config.with_values(output_dir=str(folder), **changes), where)
    assert not folder.exists()


def test_a_run_killed_twice_ends_with_the_same_weights(finished, tmp_path):
    config, where, first = finished
    config = config.with_values(
        output_dir=str(tmp_path / "killed"), push_to_hub=False, baselines=()
    )
    flags = [
        "--output_dir",
        config.trainer.output_dir,
        "--push_to_hub",
        "false",
        "--baselines",
        "[]",
    ]
    for lines in (3, 9):
        _kill_after(lines, Path(config.trainer.output_dir), _command(finished[0], *flags), tmp_path)
    last = train(config, where)
    hashes = {sha256_of(run.run_dir / "model.safetensors") for run in (first, last)}
    assert len(hashes) == 1


def _kill_after(lines: int, folder: Path, command: list[str], home: Path) -> None:
    """Start the command and kill -9 it once metrics.jsonl has so many lines."""
    history = folder / "metrics.jsonl"
    process = subprocess.Popen(
        command, env=_environment(home), cwd=PROJECT, stdout=subprocess.DEVNULL, stderr=-2
    )
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and process.poll() is None:
        if history.exists() and history.read_text().count("\n") >= lines:
            break
        time.sleep(0.005)
    process.kill()
    assert process.wait() == -9, "it ended before it was killed"


def test_two_processes_train_one_model_and_one_of_them_writes(finished, tmp_path):
    config, _, _ = finished
    folder = tmp_path / "two"
    launcher = [sys.executable, "-m", "torch.distributed.run", "--standalone"]
    command = [*launcher, "--nproc_per_node", "2", *_command(config)[1:]]
    command += ["--output_dir", str(folder), "--push_to_hub", "false", "--num_train_epochs", "1"]
    command += ["--baselines", "[]"]
    done = subprocess.run(
        command, env=_environment(tmp_path), cwd=PROJECT, capture_output=True, timeout=240
    )
    assert done.returncode == 0, done.stderr.decode()[-2000:]
    receipt = json.loads((folder / "run.json").read_text())
    assert receipt["device"]["processes"] == 2
    assert receipt["training"]["steps"] == 8  # 120 texts, 8 on each of two processes
    assert done.stdout.decode().count("texts to train on") == 1
    steps = [line["step"] for line in map(json.loads, (folder / "metrics.jsonl").open())]
    assert steps == [2, 4, 6, 8, 8]


def test_accelerate_launch_finds_the_finished_run(finished, tmp_path):
    config, _, _ = finished
    launcher = [str(Path(sys.executable).with_name("accelerate")), "launch", "--cpu"]
    command = [*launcher, "--num_processes", "1", *_command(config)[1:], "--push_to_hub", "false"]
    done = subprocess.run(
        command, env=_environment(tmp_path), cwd=PROJECT, capture_output=True, timeout=240
    )
    assert done.returncode == 0, done.stderr.decode()[-2000:]
    assert "the weights in" in done.stdout.decode()


def test_a_wrong_flag_is_one_line_and_exit_code_2_as_in_every_command(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["train.py", "--train_fil", "x.csv"])
    with pytest.raises(SystemExit) as ended:
        run_command(main)
    assert ended.value.code == 2
    shown = capsys.readouterr().err
    assert shown.startswith("error: unknown flag: train_fil; did you mean train_file?")
    assert shown.count("\n") == 1
