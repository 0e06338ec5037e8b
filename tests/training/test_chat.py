"""training.chat: from a file of dialogues to an adapter on the Hub that loads elsewhere."""

import json
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from hub.client import connect
from inference.chat import chat_bundle
from inference.core.errors import ConfigError
from inference.core.settings import Secret, Settings, load_settings
from inference.models.model_files import read_json
from tests.hub_fixtures import RunningHub
from tests.tiny_chat import make_tiny_chat
from tests.training.chat_tuning.toys import FRUITS, dialogue, write_rows
from training import verify
from training.chat_tuning import card
from training.publish import publish_run
from training.run import receipt
from training.run.checks import DEVIATES, UNCHECKED
from training.run.run_folder import sha256_of, write_json
from training.settings.chat_config import ChatConfig, parse_chat_config

pytestmark = pytest.mark.slow

PROJECT = Path(__file__).parents[2]
BASE, TUNED = "demo/tiny-talk", "demo/tiny-talk-tuned"

OLD_TABLES = {
    "levers": [{"lever": "as given", "dialogues": 39, "loss": 0.5, "difference": None}],
    "sizes": [],
}
SPLIT_UNCHECKED = ["the parts were not made again: the paraphrases in it are not published"]
_ELSEWHERE = """
import json, sys, torch
from peft import PeftModel
from transformers import AutoModelForCausalLM, AutoTokenizer, pipeline
base_id, base_sha, repo_id = sys.argv[1:]
base = AutoModelForCausalLM.from_pretrained(base_id, revision=base_sha)
tokenizer = AutoTokenizer.from_pretrained(repo_id)
messages = [{"role": "user", "content": "say fig"}]
ids = tokenizer.apply_chat_template(messages, add_generation_prompt=True, return_tensors="pt")
with torch.no_grad():
    bare = base(**ids).logits[0, -1]
    adapted = PeftModel.from_pretrained(base, repo_id).eval()(**ids).logits[0, -1]
chat = pipeline("text-generation", model=repo_id)
said = chat(messages, max_new_tokens=16, do_sample=False)[0]["generated_text"][-1]["content"]
print(json.dumps({"bare": bare.tolist(), "adapted": adapted.tolist(), "said": said}))
"""


def settings_at(hub: RunningHub, home: Path) -> Settings:
    plain = load_settings({"DEVICE": "cpu", "CPU_CORES": "1"})
    return replace(plain, endpoint=hub.endpoint, token=Secret(hub.token), cache_dir=home / "cache")


@pytest.fixture(scope="module")
def finished(hub_server: RunningHub, tmp_path_factory: pytest.TempPathFactory):
    """A whole run on the loopback Hub: trained, measured, published."""
    from training.chat_tuning import pipeline

    root = tmp_path_factory.mktemp("talk")
    settings = settings_at(hub_server, root)
    hub = settings.connect()
    base = make_tiny_chat(root / "base", tie_word_embeddings=False)
    hub.publish(base, BASE, message="Add a tiny chat model")
    rows = [
        dialogue(f"{verb} {fruit}", f"{fruit} ok")
        for verb in ("say", "name", "give", "take")
        for fruit in FRUITS
    ]
    train = write_rows(root / "fruits.jsonl", [*rows, rows[0], {"messages": []}])
    config = ChatConfig.of(
        train_file=str(train),
        model_name_or_path=BASE,
        output_dir=str(root / "run"),
        max_seq_length=96,
        max_steps=60,
        eval_steps=20,
        learning_rate=1e-2,
        lora_r=8,
        answer_prompts=5,
        answer_tokens=16,
        merge_adapter=True,
        push_to_hub=True,
        hub_model_id=TUNED,
    )
    return pipeline.run(config, settings), config, settings


def test_the_report_tells_before_and_after(finished):
    result, _, _ = finished
    report = read_json(result.run_dir / "results" / "report.json")
    held_out = report["held_out"]
    assert held_out["difference"]["verdict"] == "better", held_out
    assert held_out["difference"]["high"] < 0
    assert report["base_weights"]["is_unchanged"] is True
    assert report["answers"]["tuned"]["prompts"] == 5
    plots = {path.name for path in (result.run_dir / "results" / "plots").iterdir()}
    assert plots == {"loss_curve.png", "held_out.png"}


def test_chat_json_names_base_commit_hash_and_end(finished, hub_server):
    result, _, settings = finished
    bundle = chat_bundle.load(result.run_dir)
    snapshot = settings.connect().resolve(BASE)
    assert (bundle.base.repo_id, bundle.base.revision) == (BASE, snapshot.sha)
    assert bundle.base.weights_sha256 == sha256_of(snapshot.folder / "model.safetensors")
    assert bundle.end_of_turn == (257,)
    adapter = read_json(result.run_dir / "adapter_config.json")
    assert adapter["base_model_name_or_path"] == BASE and adapter["revision"] == snapshot.sha


def test_what_is_published_names_no_folder_and_holds_no_text(finished, tmp_path):
    result, _, settings = finished
    folder = settings.connect().with_cache(tmp_path).resolve(TUNED, result.sha).folder
    names = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert {"adapter_model.safetensors", "chat.json", "chat_template.jinja", "run.json"} <= names
    assert not any("trials" in name or "checkpoints" in name for name in names), names
    for name in names:
        if not name.endswith((".png", ".safetensors", "tokenizer.json")):
            text = (folder / name).read_text("utf-8")
            assert str(result.run_dir.parent) not in text, name
            assert "jambul" not in text, f"{name} holds a text of the data"


def test_another_process_loads_it_as_anybody_would(finished, hub_server, tmp_path):
    """peft and pipeline by repo id alone; the adapter's logits are those of training to 1e-5."""
    import torch

    result, _, _ = finished
    bundle = chat_bundle.load(result.run_dir)
    arguments = [BASE, bundle.base.revision, TUNED]
    done = subprocess.run(
        [sys.executable, "-c", _ELSEWHERE, *arguments],
        env=hub_server.environment(tmp_path / "home"),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    told = json.loads(done.stdout.splitlines()[-1])
    expected, said = _merged_here(result.run_dir)
    assert told["said"] == said
    assert torch.allclose(torch.tensor(told["adapted"]), expected, atol=1e-5)
    assert not torch.allclose(torch.tensor(told["bare"]), expected, atol=1e-2)


def _merged_here(run_dir: Path):
    """Logits and answer of the merged weights in the run folder, without peft."""
    import torch
    from safetensors.torch import load_file
    from transformers import AutoTokenizer, LlamaConfig, LlamaForCausalLM

    model = LlamaForCausalLM(LlamaConfig.from_pretrained(run_dir))
    model.load_state_dict(load_file(run_dir / "model.safetensors"), strict=False)
    model.tie_weights()
    tokenizer = AutoTokenizer.from_pretrained(run_dir)
    messages = [{"role": "user", "content": "say fig"}]
    ids = tokenizer.apply_chat_template(messages, add_generation_prompt=True, return_tensors="pt")
    with torch.no_grad():
        logits = model.eval()(**ids).logits[0, -1]
    made = model.generate(**ids, max_new_tokens=16, do_sample=False, eos_token_id=257)
    return logits, tokenizer.decode(made[0, ids["input_ids"].shape[1] :], skip_special_tokens=True)


def test_the_card_is_understood_by_the_hub_and_tells_the_figures(finished):
    from huggingface_hub import ModelCard

    result, _, _ = finished
    card = ModelCard.load(result.run_dir / "README.md")
    assert card.data.base_model == BASE and card.data.library_name == "peft"
    loss = next(one for one in card.data.eval_results if one.metric_type == "loss")
    assert loss.metric_value == pytest.approx(result.report["held_out"]["tuned"]["loss"], abs=1e-4)
    assert f"{result.report['held_out']['tuned']['loss']:.3f}" in card.text


def test_verify_holds_the_run_and_what_was_published(finished, tmp_path):
    result, config, settings = finished
    hub = settings.connect()
    checks = list(verify.verify(result.run_dir, hub))
    assert [str(one) for one in checks if one.state == DEVIATES] == []
    kinds = {one.kind for one in checks if one.state != UNCHECKED}
    assert kinds >= {"receipt", "weights", "data", "split", "metric", "golden"}
    fetched = hub.with_cache(tmp_path).resolve(TUNED, result.sha).folder
    files = {"train_file": str(config.data.train_file)}
    checks = list(verify.verify(fetched, hub, files=files, is_published=True))
    assert [str(one) for one in checks if one.state == DEVIATES] == []


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("adapter_model.safetensors", "weights"),
        ("results/held_out.json", "metric"),
        ("chat.json", "template"),
    ],
)
def test_verify_finds_a_changed_file(finished, tmp_path, name, kind):
    result, _, settings = finished
    changed = shutil.copytree(result.run_dir, tmp_path / "run")
    path = changed / name
    path.write_bytes(path.read_bytes().replace(b"1", b"2", 1))
    found = [one for one in verify.verify(changed, settings.connect()) if one.state == DEVIATES]
    assert kind in {one.kind for one in found}, found


def test_the_same_command_again_changes_nothing(finished):
    from training.chat_tuning import pipeline

    result, config, settings = finished
    before = {path: sha256_of(path) for path in sorted(result.run_dir.rglob("*.json"))}
    again = pipeline.run(config, settings)
    assert again.sha == result.sha
    assert {path: sha256_of(path) for path in before} == before


def test_run_json_is_a_config(finished, tmp_path):
    result, config, _ = finished
    flags = ["--config", str(result.run_dir / "run.json"), "--output_dir", "x"]
    assert parse_chat_config(flags) == config.with_values(output_dir="x")


@pytest.mark.parametrize("paraphrases", [0, 5])
def test_a_run_made_before_its_experiments_moved_is_still_held(
    finished, tmp_path, capsys, paraphrases
):
    result, config, settings = finished
    assert read_json(result.run_dir / "stages.json")["identity"]["paraphrases"] == 0
    old = shutil.copytree(result.run_dir, tmp_path / "old")
    report = {**read_json(old / "results" / "report.json"), **OLD_TABLES}
    write_json(old / "results" / "report.json", report)
    told = {name: value for name, value in read_json(old / "run.json").items() if name != "seal"}
    retired = dict.fromkeys(ChatConfig.RETIRED) | {
        "paraphrases": paraphrases,
        "measure_levers": True,
    }
    told |= {"config": told["config"] | retired, "files": receipt.files(old)}
    write_json(old / "run.json", {**told, "seal": receipt.seal(told)})

    checks = list(verify.verify(old, settings.connect()))
    assert [str(one) for one in checks if one.state == DEVIATES] == []
    split = [one for one in checks if one.kind == "split" and one.state == UNCHECKED]
    assert [one.said for one in split] == SPLIT_UNCHECKED[: bool(paraphrases)]
    card.write_card(old)
    flags = ["--config", str(old / "run.json")]
    assert parse_chat_config(flags) == config
    assert "no settings any more: paraphrases, compare_model_name" in capsys.readouterr().err


def test_publishing_an_unfinished_run_says_what_is_missing(tmp_path, hub_server):
    (tmp_path / "run.json").write_text('{"kind": "chat"}', "utf-8")
    hub = connect(hub_server.endpoint, hub_server.token, tmp_path / "cache")
    with pytest.raises(Exception, match=r"adapter_config\.json.*python -m training\.chat"):
        publish_run(tmp_path, "demo/none", hub)


def test_a_local_base_is_not_published(settings_for, hub_server, tmp_path):
    from training.chat_tuning import pipeline

    config = settings_for(push_to_hub=True, hub_model_id="demo/none")
    with pytest.raises(ConfigError, match="a folder of this machine.*publish the base model first"):
        pipeline.run(config, settings_at(hub_server, tmp_path))


def test_a_control_without_ends_does_not_stop_and_is_flagged(settings_for, tmp_path):
    """The commonest fault of tuned chat models: the report names it, from settings and answers."""
    from training.chat_tuning import pipeline

    settings = load_settings({"DEVICE": "cpu", "CPU_CORES": "1"})
    rows = [dialogue(f"{verb} {fruit}", "ok") for verb in ("say", "take") for fruit in FRUITS]
    shared = {
        "train_file": str(write_rows(tmp_path / "rows.jsonl", rows)),
        "max_steps": 80,
        "eval_steps": 40,
        "lora_r": 8,
        "answer_prompts": 4,
        "test_size": 0.2,
    }
    told = {}
    for learns in (True, False):
        config = settings_for(
            learn_end_of_turn=learns, output_dir=str(tmp_path / str(learns)), **shared
        )
        told[learns] = pipeline.run(config, settings).report
    assert told[True]["answers"]["tuned"]["ended_share"] == 1.0, told[True]["answers"]
    assert told[False]["answers"]["tuned"]["ended_share"] < 0.95, told[False]["answers"]
    said = " ".join(told[False]["warnings"])
    assert "without the token that ends a turn" in said and "answers end by themselves" in said
    assert not any("by themselves" in one for one in told[True]["warnings"])


def test_a_slip_in_the_flags_costs_no_torch():
    code = (
        "import sys; sys.argv = ['chat', '--learning_rat', '1']\n"
        "from training import chat\n"
        "try: chat.main()\n"
        "except Exception as error: print(error, 'torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "did you mean learning_rate?" in done.stdout and done.stdout.strip().endswith("False")
