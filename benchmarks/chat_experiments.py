"""What each choice of a chat training is worth: the same command with one setting changed.

The command runs once with the settings as given, and once for each lever: copies of dialogues,
noisy ones, the token that ends a turn. On demand also for the same steps on a second base, and on
the training dialogues with reworded questions added. All is measured on the same held-out
dialogues. Each run has a folder below --output_dir; a finished one is not trained again. All flags
that --help does not list go to python -m training.chat as they are.

    python -m benchmarks.chat_experiments --config training/recipes/chat.yaml \
        --train_file dialogues.jsonl --max_steps 40
"""

import argparse
import json
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from hub.errors import UserError
from inference.chat.chat_model import ChatFolders, fetch_chat_model, load_speaker, stream_answer
from inference.chat.messages import USER, Message
from inference.chat.sampling import Options
from inference.core.atomic_write import write_whole
from inference.core.errors import ConfigError, TextError, run_command
from inference.core.settings import load_settings
from inference.models.model_files import read_json
from inference.models.receipt import RECEIPT_FILE
from training.chat_tuning import held_out, messages
from training.chat_tuning.corpus import content_hash
from training.chat_tuning.held_out import Losses
from training.chat_tuning.messages import Dialogue
from training.chat_tuning.report import REPORT_FILE, read_held_out_rows
from training.data.duplicates import normalised
from training.run.receipt import read_split_ids

PLAIN = "settings-as-given"
LEVERS: Mapping[str, tuple[str, ...]] = {
    "copies-kept": ("--duplicates=keep",),
    "near-copies-removed": ("--duplicates=near",),
    "noisy-rows-removed": ("--noisy=remove",),
    "end-of-turn-not-learned": ("--learn_end_of_turn=false",),
}
PARAPHRASES_FILE = "paraphrases.json"
_ASKED = "Say the following in other words, as one line and without answering it:\n\n{question}"
_MOST_TOKENS = 96
_MOST_LONGER = 3  # times; beyond that the model talks instead of rewording
Reword = Callable[[Sequence[str]], list[str]]


@dataclass(frozen=True)
class ChatRun:
    """A finished run of the command, read from the files of its folder."""

    folder: Path

    @cached_property
    def receipt(self) -> Any:
        """The content of run.json."""
        return read_json(self.folder / RECEIPT_FILE)

    @cached_property
    def report(self) -> Any:
        """The content of results/report.json."""
        return read_json(self.folder / REPORT_FILE)

    @property
    def tuned(self) -> Losses:
        """The tuned model's losses on the held-out dialogues."""
        rows = read_held_out_rows(self.folder)
        return Losses(np.array(rows["tuned"], dtype=float), np.array(rows["tokens"], dtype=float))

    def parts(self) -> dict[str, list[Dialogue]]:
        """The dialogues of train, validation and test, from the files of the settings."""
        config = self.receipt["config"]
        parts = {}
        for part, ids in read_split_ids(self.folder).items():
            path = Path(config[f"{part}_file"] or config["train_file"])
            by_row = {dialogue.row: dialogue for dialogue in messages.read(path).dialogues}
            parts[part] = [by_row[int(row_id.rpartition(":")[2])] for row_id in ids]
        return parts


def train(folder: Path, flags: Sequence[str]) -> ChatRun:
    """Run the command into the folder, which keeps what is finished; its words go to stderr.

    Raises:
        UserError: it did not end well; its own message stands above.
    """
    print(f"\n{folder.name}:", file=sys.stderr, flush=True)
    own = [f"--output_dir={folder}", "--push_to_hub=false"]
    command = [sys.executable, "-u", "-m", "training.chat", *flags, *own]
    done = subprocess.run(command, stdout=sys.stderr, check=False)
    if done.returncode:
        raise UserError(f"{folder.name} failed with exit code {done.returncode}, see above")
    return ChatRun(folder)


def lever_row(run: ChatRun, plain: ChatRun) -> dict[str, object]:
    """Held-out loss of a run and its paired difference to the plain one, whose row has none."""
    change = None
    if run.folder != plain.folder:
        difference = held_out.difference(run.tuned, plain.tuned)
        change = {**asdict(difference), "verdict": difference.verdict}
    answers = run.report["answers"]
    return {
        "lever": run.folder.name,
        "dialogues": run.receipt["data"]["splits"]["train"]["rows"],
        "loss": run.tuned.loss,
        "difference": change,
        "ended_share": answers["tuned"]["ended_share"] if answers else None,
    }


def base_row(run: ChatRun) -> dict[str, object]:
    """What a base model costs and gives; a loss a token does not compare between tokenizers."""
    course, figures = run.receipt["training"], run.report["held_out"]
    test = run.parts()["test"]
    rows = set(map(str, read_held_out_rows(run.folder)["rows"]))  # type: ignore[call-overload]
    measured = [
        dialogue
        for row_id, dialogue in zip(read_split_ids(run.folder)["test"], test, strict=True)
        if row_id in rows
    ]
    characters = sum(len(answer) for dialogue in measured for answer in dialogue.answers)
    return {
        "base": run.receipt["base_model"]["repo_id"],
        "steps": course["steps"],
        "seconds": course["seconds"],
        "seconds_a_step": course["seconds"] / max(1, course["steps"]),
        "base_loss": figures["base"]["loss"],
        "tuned_loss": figures["tuned"]["loss"],
        "tuned_loss_a_character": float(run.tuned.sums.sum()) / max(1, characters),
    }


def is_paraphrase(question: str, original: str) -> bool:
    """Whether a model's answer is a usable rewording: something else, of about that length."""
    if not question.strip() or normalised(question) == normalised(original):
        return False
    return len(question) <= _MOST_LONGER * max(len(original), 20)


def write_paraphrased(
    plain: ChatRun, folder: Path, count: int, model: str, reword: Reword
) -> list[str]:
    """Write the parts of the plain run, reworded dialogues added to train; returns their flags.

    Of `count` training dialogues those are added whose rewording is one. What `reword` made is kept
    in the folder, so that a run taken up goes on with the same. model: what it was asked of.
    """
    parts = plain.parts()
    seed = plain.receipt["seeds"]["seed"]
    order = np.random.default_rng(seed).permutation(len(parts["train"]))
    chosen = [parts["train"][row] for row in sorted(order[:count].tolist())]
    key = [model, content_hash(chosen), seed]
    file = folder / PARAPHRASES_FILE
    kept: Any = read_json(file) if file.is_file() else {}
    questions = kept.get("questions")
    if kept.get("key") != key:
        questions = reword([_question(dialogue) for dialogue in chosen])
        content = {"key": key, "questions": questions}
        write_whole(file, json.dumps(content, ensure_ascii=False) + "\n")
    parts["train"] += [
        _asked_as(dialogue, question)
        for dialogue, question in zip(chosen, questions, strict=True)
        if is_paraphrase(question, _question(dialogue))
    ]
    flags = ["--duplicates=keep", "--noisy=keep", "--max_train_samples=null"]  # all is done
    for part, dialogues in parts.items():
        lines = (
            json.dumps({"messages": dialogue.as_dicts()}, ensure_ascii=False)
            for dialogue in dialogues
        )
        write_whole(folder / f"{part}.jsonl", "".join(f"{line}\n" for line in lines))
        flags.append(f"--{part}_file={folder / f'{part}.jsonl'}")
    return flags


def reword_with(folders: ChatFolders, seed: int, threads: int) -> Reword:
    """A function that asks a chat model to reword questions; of each answer the first line."""

    def reword(questions: Sequence[str]) -> list[str]:
        speaker = load_speaker(folders, threads=threads)
        options = Options(max_tokens=_MOST_TOKENS, seed=seed)
        answers = []
        for question in questions:
            asked = [Message(USER, _ASKED.format(question=question))]
            try:
                text = "".join(stream_answer(speaker, asked, options))
            except TextError:  # longer than the context
                text = ""
            answers.append((text.strip().splitlines() or [""])[0].strip(' "'))
        return answers

    return reword


def _question(dialogue: Dialogue) -> str:
    return next(message.content for message in dialogue.messages if message.role == USER)


def _asked_as(dialogue: Dialogue, question: str) -> Dialogue:
    index = next(n for n, message in enumerate(dialogue.messages) if message.role == USER)
    before, after = dialogue.messages[:index], dialogue.messages[index + 1 :]
    return replace(dialogue, messages=(*before, Message(USER, question), *after))


def paraphrased(plain: ChatRun, flags: argparse.Namespace, rest: Sequence[str]) -> ChatRun:
    """The run on the training dialogues with reworded ones added."""
    settings = load_settings()
    name, revision = flags.paraphrase_model_name_or_path, flags.paraphrase_model_revision
    if name.startswith((".", "/", "~")):
        folders = ChatFolders(Path(name).expanduser(), None, "local")
    else:
        folders = fetch_chat_model(name, revision, settings.connect())
    reword = reword_with(folders, plain.receipt["seeds"]["seed"], settings.threads)
    folder = flags.output_dir / "paraphrased-data"
    folder.mkdir(parents=True, exist_ok=True)
    model = f"{name}@{folders.revision}"
    data = write_paraphrased(plain, folder, flags.paraphrases, model, reword)
    return train(flags.output_dir / "paraphrases-added", [*rest, *data])


def other_base(plain: ChatRun, flags: argparse.Namespace, rest: Sequence[str]) -> ChatRun:
    """The run of another base for as many steps as the plain one took."""
    name, revision = flags.compare_model_name_or_path, flags.compare_model_revision
    config = plain.receipt["config"]
    if (name, revision) == (config["model_name_or_path"], config["model_revision"]):
        raise ConfigError(f"{name} is the base model itself; compare with a smaller or larger one")
    own = [f"--model_name_or_path={name}", f"--model_revision={revision}"]
    own.append(f"--max_steps={plain.receipt['training']['steps']}")
    return train(flags.output_dir / "other-base", [*rest, *own])


def table(rows: Sequence[Mapping[str, Any]]) -> str:
    """A line for each row under the names of its figures."""
    cells = [list(rows[0]), *([_cell(value) for value in row.values()] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return "\n".join(
        "  ".join(f"{cell:{width}}" for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in cells
    )


def _cell(value: Any) -> str:
    if isinstance(value, Mapping):
        low, high = value["low"], value["high"]
        span = "" if low is None else f" ({low:+.3f} to {high:+.3f})"
        return f"{value['value']:+.3f}{span}: {value['verdict']}"
    return "-" if value is None else f"{value:.3f}" if isinstance(value, float) else str(value)


def parse(argv: Sequence[str] | None = None) -> tuple[argparse.Namespace, list[str]]:
    """Our own flags, and all others, which are those of the command."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.chat_experiments",
        description=(__doc__ or "").split("\n\n")[0],
        epilog="All other flags go to python -m training.chat.",
        allow_abbrev=False,
    )
    add = parser.add_argument
    add("--output_dir", type=Path, default=Path("runs/chat-experiments"), help="of all the runs")
    add("--levers", nargs="*", choices=LEVERS, default=list(LEVERS), help="all of them")
    add("--compare_model_name_or_path", help="a second base, trained for the same steps")
    add("--compare_model_revision", default="main")
    add("--paraphrase_model_name_or_path", help="a chat model that rewords questions")
    add("--paraphrase_model_revision", default="main")
    add("--paraphrases", type=int, default=50, help="training dialogues to reword")
    return parser.parse_known_args(argv)


def main(argv: Sequence[str] | None = None) -> None:
    """Do the runs, then print a table and one JSON line."""
    flags, rest = parse(argv)
    plain = train(flags.output_dir / PLAIN, rest)
    runs = [plain]
    runs += [train(flags.output_dir / name, [*rest, *LEVERS[name]]) for name in flags.levers]
    if flags.paraphrase_model_name_or_path:
        runs.append(paraphrased(plain, flags, rest))
    levers = [lever_row(run, plain) for run in runs]
    bases = []
    if flags.compare_model_name_or_path:
        bases = [base_row(run) for run in (plain, other_base(plain, flags, rest))]
    print("\n\n".join(table(rows) for rows in (levers, bases) if rows))
    print(json.dumps({"benchmark": "chat_experiments", "levers": levers, "bases": bases}))


if __name__ == "__main__":
    run_command(main)
