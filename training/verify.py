"""The receipt of a run held against all that it tells of: python -m training.verify RUN_DIR|REPO_ID

Owns the order of the checks and what is said of them: the receipt's own seal, every file of the
run, the data where it lies or is given, the parts divided anew, the figures made again from the
stored predictions, the golden texts answered again. What cannot be looked at is said, never passed.
It shows that a run is whole, not who made it: a seal is no signature.

Try: python -m training.verify runs/a --train_file tweets.csv
"""

import argparse
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

from hub.client import Hub
from hub.errors import HubError
from inference.core.errors import ConfigError, DataError, ModelError, run_command
from inference.core.settings import load_settings
from inference.models.model_files import read_json
from inference.models.receipt import RECEIPT_FILE, Receipt, load_receipt
from training.chat_tuning import verification
from training.chat_tuning.shipment import CHAT
from training.data import data
from training.data.data import Splits
from training.data.left_out import SUSPECTS, read_suspects
from training.data.splits import label_matrix
from training.export import golden
from training.publish import shipment_of
from training.run import receipt, recomputed
from training.run.checks import DEVIATES, OK, UNCHECKED, Check, check_equal, guard_checks
from training.run.run_folder import sha256_of
from training.settings.chat_config import ChatConfig, chat_config_from_mapping
from training.settings.config import TrainConfig, train_config_from_mapping

AnyConfig = TrainConfig | ChatConfig

_FILES = ("train_file", "validation_file", "test_file")
# What a file of the run is to a reader of the report; the first that matches.
_KINDS = (
    ("model*.safetensors*", "weights"),
    ("adapter_*", "weights"),
    ("chat*", "template"),
    ("onnx/*", "onnx"),
    ("decision.json", "decision"),
    ("config.json", "config"),
    (receipt.SPLITS, "split"),
    (SUSPECTS, "split"),
    ("results/predictions/*", "predictions"),
    ("results/targets.parquet", "predictions"),
    (golden.FILE_NAME, "golden"),
    ("results/tfidf.json", "results"),
    ("results/words.json", "results"),
    ("results/*.json", "metric"),
    ("results/*", "results"),
    ("metrics.jsonl", "history"),
    ("*", "tokenizer"),
)


def verify(
    run_dir: Path,
    hub: Hub,
    *,
    files: Mapping[str, str] | None = None,
    is_published: bool = False,
) -> Iterator[Check]:
    """Check after check, the quick ones first.

    files: where train_file, validation_file and test_file lie now, if not where the run had them.
    is_published: the folder is a repo, which holds what may be published and no more.

    Raises:
        ModelError: there is no receipt, or it is damaged.
        ConfigError: a file is given that the run did not have.
    """
    run_receipt = load_receipt(run_dir)
    stored: dict[str, Any] = read_json(run_dir / RECEIPT_FILE)
    config = _where(_settings(run_receipt, run_dir / RECEIPT_FILE), files or {})
    yield _seal(stored)
    checked = list(_files(run_dir, run_receipt, is_published))
    yield from checked
    yield from guard_checks("split", receipt.SPLITS, _stored_split(run_dir, run_receipt))
    if isinstance(config, ChatConfig):
        made = _chat_data(run_dir, run_receipt, stored["data"], config)
        yield from guard_checks("data", "the data", made)
        figures = verification.figures(run_dir, run_receipt)
    else:
        yield from _data(run_dir, run_receipt, stored["data"], config, hub)
        figures = recomputed.checks(run_dir, run_receipt)
    yield from guard_checks("metric", "what the figures are made from", figures)
    if any(check.state == DEVIATES for check in checked):
        reason = "the models were not asked: their files are not those of the run"
        yield Check("golden", UNCHECKED, reason)
    else:
        yield from guard_checks("golden", golden.FILE_NAME, _golden(run_dir, config, hub))


def _settings(run_receipt: Receipt, path: Path) -> AnyConfig:
    """Raises ModelError where the receipt has a setting that is none, or no value for it."""
    try:
        if run_receipt.kind == CHAT.kind:
            return chat_config_from_mapping(run_receipt.config)
        return train_config_from_mapping(run_receipt.config)
    except ConfigError as error:
        raise ModelError(f"{path} is no receipt of a run: its config: {error}") from None


def _seal(stored: Mapping[str, object]) -> Check:
    if "seal" not in stored:
        return Check("receipt", UNCHECKED, "run.json has no seal: an older program wrote it")
    if stored["seal"] != receipt.seal(stored):
        return Check("receipt", DEVIATES, "run.json was edited after it was written: broken seal")
    return Check("receipt", OK, "run.json is as it was written")


def _files(run_dir: Path, run_receipt: Receipt, is_published: bool) -> Iterator[Check]:
    """Each file of the run against its sha256."""
    expected = {
        **(run_receipt.files or {}),
        **(run_receipt.export.sha256 if run_receipt.export else {}),
    }
    shipment = shipment_of(run_receipt.kind)
    expected |= {shipment.weights: run_receipt.weights_sha256} if run_receipt.weights_sha256 else {}
    for name, sha256 in expected.items():
        path, kind = run_dir / name, _kind(name)
        if path.is_file():
            yield from check_equal(kind, f"{name}: sha256", sha256_of(path), sha256)
        elif is_published and not any(fnmatch(name, pattern) for pattern in shipment.allowed):
            yield Check(kind, UNCHECKED, f"{name} is not published")
        else:
            yield Check(kind, DEVIATES, f"{name} is missing, expected sha256 {sha256}")
    for name in receipt.files(run_dir).keys() - expected.keys():
        yield Check(_kind(name), UNCHECKED, f"{name} is not in the receipt")


def _kind(name: str) -> str:
    return next(kind for pattern, kind in _KINDS if fnmatch(name, pattern))


def _data(
    run_dir: Path, run_receipt: Receipt, stored: Any, config: TrainConfig, hub: Hub
) -> Iterator[Check]:
    """The data and the parts made from it; the parts only of data that is the run's."""
    state = OK
    for check in _sources(config, run_receipt):
        yield check
        state = check.state if check.state != OK else state
    if state != OK:
        reason = "changed" if state == DEVIATES else "not there"
        yield Check("split", UNCHECKED, f"the parts were not made again: the data is {reason}")
        return
    try:
        splits = data.prepare(config.data, hub, seed=config.trainer.seed)
    except HubError as error:
        yield Check("data", UNCHECKED, f"{config.data.dataset_name} cannot be fetched: {error}")
        return
    except (DataError, ConfigError) as error:
        yield Check("data", DEVIATES, str(error))
        return
    yield from _parts(run_dir, run_receipt, stored, splits)


def _chat_data(
    run_dir: Path, run_receipt: Receipt, stored: Any, config: ChatConfig
) -> Iterator[Check]:
    """The dialogues and the parts made from them; the parts only of files that are the run's."""
    state = OK
    for check in _sources(config, run_receipt):
        yield check
        state = check.state if check.state != OK else state
    yield from verification.parts(run_dir, run_receipt, stored, config, is_data_there=state == OK)


def _where(config: AnyConfig, files: Mapping[str, str]) -> AnyConfig:
    for name in files:
        if not config.value(name):
            used = config.as_dict().get("dataset_name") or "no such file"
            raise ConfigError(f"--{name} is given, but the run was made from {used}; leave it out")
    return config.with_values(**files)


def _sources(config: AnyConfig, run_receipt: Receipt) -> Iterator[Check]:
    """The data files against their sha256; a dataset of the Hub is compared once it is read."""
    known = {source.part: source.sha256 for source in run_receipt.data.sources}
    for name in _FILES:
        path = config.value(name)
        if not path:
            continue
        if not Path(path).is_file():
            yield Check("data", UNCHECKED, f"{path} is not there; say with --{name} where it lies")
            continue
        part = name.removesuffix("_file")
        expected = known.get(part, "none, as run.json does not tell of it")
        yield from check_equal("data", f"{path}: sha256", sha256_of(Path(path)), expected)


def _parts(run_dir: Path, run_receipt: Receipt, stored: Any, splits: Splits) -> Iterator[Check]:
    """What the receipt says of the parts, and which rows they are, against parts made anew."""
    # a file may have another name by now, and row ids begin with it
    names = {source.part: source.name for source in run_receipt.data.sources}
    sources = ({**source, "name": names.get(str(source["part"]))} for source in splits.sources)
    splits = replace(splits, sources=tuple(sources))
    try:
        splits = splits.without(read_suspects(run_dir))
    except (DataError, ModelError) as error:
        yield Check("split", DEVIATES, f"{SUSPECTS}: {error}")
        return
    made = splits.receipt()
    # not the findings of the doctor; nor the sentences that say where a file lies
    compared = made.keys() - {"notes", "rejected_rows"}
    there = {name: value for name, value in stored.items() if name in compared}
    yield from check_equal("split", "run.json: splits", there.pop("splits"), made["splits"])
    yield from check_equal("data", "run.json: data", there, made)
    truth = recomputed.targets_check(run_dir, label_matrix(splits.test, splits.labels))
    yield from guard_checks("predictions", "results/targets.parquet", truth)
    yield from guard_checks("split", receipt.SPLITS, _rows(run_dir, splits))


def _rows(run_dir: Path, splits: Splits) -> Iterator[Check]:
    if (run_dir / receipt.SPLITS).is_file():
        stored = receipt.read_split_ids(run_dir)
        yield from check_equal("split", receipt.SPLITS, stored, splits.row_ids())


def _stored_split(run_dir: Path, run_receipt: Receipt) -> Iterator[Check]:
    """results/splits.json by itself: the rows of each part that run.json has the sha256 of."""
    if not (run_dir / receipt.SPLITS).is_file():
        yield Check("split", UNCHECKED, f"{receipt.SPLITS}, which names the rows, is not there")
        return
    stored = receipt.read_split_ids(run_dir)
    for part, content in run_receipt.data.splits.by_name.items():
        seen = data.ids_hash(stored.get(part, ()))
        what = f"{receipt.SPLITS}: {part}: sha256 of the ids"
        yield from check_equal("split", what, seen, content.ids_sha256)


def _golden(run_dir: Path, config: AnyConfig, hub: Hub) -> Iterator[Check]:
    if isinstance(config, ChatConfig):
        yield verification.golden_check(run_dir, hub)
    elif (run_dir / golden.FILE_NAME).is_file():
        golden.replay(run_dir)
        yield Check("golden", OK, f"the models give the logits in {golden.FILE_NAME}")
    else:
        yield Check("golden", UNCHECKED, f"{golden.FILE_NAME} is not there")


def parse(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """The flags of the command."""
    parser = argparse.ArgumentParser(
        prog="python -m training.verify",
        description="Hold the receipt of a run against its data, parts, figures and weights.",
    )
    parser.add_argument("run", help="output_dir of a run, or the id of a repo on the Hub")
    parser.add_argument("--revision", help="branch, tag or commit of the repo; main unless given")
    for name in _FILES:
        parser.add_argument(f"--{name}", help="where that file of the run lies now")
    return parser.parse_args(argv)


def main() -> None:
    """The command line; exit code 1 after a deviation."""
    flags = parse()
    hub = load_settings().connect()
    run_dir = Path(flags.run)
    is_published = flags.revision is not None or not (run_dir / RECEIPT_FILE).is_file()
    if is_published:
        run_dir = _fetch(flags.run, flags.revision or "main", hub)
    files = {name: getattr(flags, name) for name in _FILES if getattr(flags, name)}
    count = {OK: 0, DEVIATES: 0, UNCHECKED: 0}
    for check in verify(run_dir, hub, files=files, is_published=is_published):
        print(check, flush=True)
        count[check.state] += 1
    summed = f"{count[OK]} checks hold, {count[UNCHECKED]} could not be made"
    if count[DEVIATES]:
        raise ModelError(
            f"{flags.run} is not what its run.json tells of: {count[DEVIATES]} deviations, named "
            f"above ({summed}). Do not rely on its figures; train again, or fetch it again"
        )
    print(f"{flags.run}: {summed}")


def _fetch(repo_id: str, revision: str, hub: Hub) -> Path:
    if Path(repo_id).exists():
        raise ConfigError(f"{repo_id} holds no run.json; give the output_dir of a run")
    snapshot = hub.resolve(repo_id, revision)
    print(f"{repo_id} at {snapshot.sha}", flush=True)
    return snapshot.folder


if __name__ == "__main__":
    run_command(main)
