"""The experiments of a chat training: runs of the public command on the tiny model, compared."""

import json
from pathlib import Path

import pytest

from benchmarks import chat_experiments
from benchmarks.chat_experiments import PLAIN, ChatRun, is_paraphrase, write_paraphrased
from hub.errors import UserError
from inference.chat.chat_model import ChatFolders
from inference.core.errors import ConfigError
from tests.tiny_chat import make_tiny_chat
from training.chat_tuning import messages
from training.chat_tuning.corpus import content_hash
from training.run.run_folder import sha256_of

pytestmark = pytest.mark.slow

STEPS = 6


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_tiny_chat(tmp_path_factory.mktemp("small") / "base", seed=3, num_hidden_layers=1)


@pytest.fixture(scope="module")
def flags(tiny_chat: Path, fruits: Path) -> list[str]:
    """Flags of the command for a run of a second, in two files: a recipe would do as well."""
    return [
        f"--train_file={fruits}",
        f"--model_name_or_path={tiny_chat}",
        f"--max_steps={STEPS}",
        "--max_seq_length=96",
        "--learning_rate=1e-2",
        "--lora_r=4",
        "--answer_prompts=2",
        "--answer_tokens=8",
    ]


@pytest.fixture(scope="module")
def plain(flags: list[str], tmp_path_factory: pytest.TempPathFactory) -> ChatRun:
    return chat_experiments.train(tmp_path_factory.mktemp("experiments") / PLAIN, flags)


def files_of(run: ChatRun) -> dict[str, str]:
    """The sha256 of each file beside the plots; .lock names the last process."""
    return {path.name: sha256_of(path) for path in run.folder.glob("[!.]*.*")}


@pytest.mark.parametrize(
    ("question", "original", "expected"),
    [
        ("What is your name?", "Who are you?", True),
        ("who are  YOU?", "Who are you?", False),
        ("", "Who are you?", False),
        ("I am glad that you asked. " * 5, "Who are you?", False),
    ],
)
def test_what_counts_as_a_paraphrase(question, original, expected):
    assert is_paraphrase(question, original) is expected


def test_reworded_dialogues_keep_their_answers_and_are_made_once(plain, tmp_path):
    asked = []

    def reword(questions):
        asked.append(len(questions))
        return [f"Please {question}" for question in questions]

    flags, again = (write_paraphrased(plain, tmp_path, 3, "a@1", reword) for _ in range(2))
    parts = plain.parts()
    files = {part: messages.read(tmp_path / f"{part}.jsonl").dialogues for part in parts}
    new = files["train"][len(parts["train"]) :]
    assert len(new) == 3 and flags == again and asked == [3]
    for one in new:
        assert one.messages[0].content.startswith("Please ")
        assert one.answers in {old.answers for old in parts["train"]}
    for part in ("validation", "test"):
        assert content_hash(files[part]) == content_hash(parts[part])
    write_paraphrased(plain, tmp_path, 3, "another@1", reword)
    assert asked == [3, 3], "another model is asked anew"


def test_a_model_is_asked_and_what_is_none_is_left_out(plain, tiny_chat, tmp_path):
    """A random model says noise: whatever comes, no dialogue gets an empty or equal question."""
    reword = chat_experiments.reword_with(ChatFolders(tiny_chat, None, "local"), 0, 1)
    write_paraphrased(plain, tmp_path, 4, "tiny@local", reword)
    train = messages.read(tmp_path / "train.jsonl").dialogues
    before = plain.parts()["train"]
    originals = {one.messages[0] for one in before}
    for one in train[len(before) :]:
        assert one.messages[0].content.strip() and one.messages[0] not in originals


def test_all_runs_are_compared_on_the_same_dialogues(plain, flags, small, tiny_chat, capfd):
    """Levers with their paired interval, a second base for the same steps, a table, one line."""
    before = files_of(plain)
    own = [
        f"--output_dir={plain.folder.parent}",
        "--levers=near-copies-removed",
        f"--compare_model_name_or_path={small}",
        f"--paraphrase_model_name_or_path={tiny_chat}",
        "--paraphrases=4",
    ]
    chat_experiments.main([*own, *flags])
    printed = capfd.readouterr().out
    told = json.loads(printed.splitlines()[-1])
    levers = {row["lever"]: row for row in told["levers"]}
    assert list(levers) == [PLAIN, "near-copies-removed", "paraphrases-added"]
    assert levers[PLAIN]["difference"] is None
    for row in list(levers.values())[1:]:
        change = row["difference"]
        assert change["low"] <= change["value"] <= change["high"], row
        assert change["value"] == pytest.approx(row["loss"] - levers[PLAIN]["loss"])
    assert [row["steps"] for row in told["bases"]] == [STEPS, STEPS]
    assert "seconds_a_step" in printed and f"{levers[PLAIN]['loss']:.3f}" in printed
    added = ChatRun(plain.folder.parent / "paraphrases-added").parts()
    assert content_hash(added["test"]) == content_hash(plain.parts()["test"])
    assert files_of(plain) == before, "a finished run is not done again"


def test_the_base_itself_is_no_second_one(plain, tiny_chat):
    flags, rest = chat_experiments.parse([f"--compare_model_name_or_path={tiny_chat}"])
    with pytest.raises(ConfigError, match="is the base model itself"):
        chat_experiments.other_base(plain, flags, rest)


def test_a_run_that_fails_ends_the_experiments_by_its_own_words(tmp_path, capfd):
    with pytest.raises(UserError, match="near failed with exit code 2, see above"):
        chat_experiments.train(tmp_path / "near", ["--learning_rat=1"])
    assert "did you mean learning_rate?" in capfd.readouterr().err
