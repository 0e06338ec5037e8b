"""A chat run against its receipt: parts made anew, losses summed anew, the adapter asked again.

Owns these checks; the seal, the files and the data are those of any run: training/verify.py, which
loads no torch before it must.

Try: python -m training.verify runs/chat
"""

from collections.abc import Iterator, Mapping
from pathlib import Path

from hub.client import Hub
from hub.errors import HubError
from inference.core.errors import DataError, ModelError
from inference.models.model_files import read_json
from inference.models.receipt import Receipt
from training.chat_tuning import corpus
from training.run import receipt
from training.run.checks import DEVIATES, OK, UNCHECKED, Check, check_equal
from training.settings.chat_config import ChatConfig


def parts(
    run_dir: Path,
    run_receipt: Receipt,
    stored: Mapping[str, object],
    config: ChatConfig,
    *,
    is_data_there: bool,
) -> Iterator[Check]:
    """The parts of the receipt against parts made anew; stored: what it says of the data."""
    if not is_data_there or run_receipt.config.get("paraphrases"):  # a run of before
        reason = "the data is not there, or changed"
        if is_data_there:
            reason = "the paraphrases in it are not published"
        yield Check("split", UNCHECKED, f"the parts were not made again: {reason}")
        return
    try:
        made = corpus.prepare(config.data, seed=config.trainer.seed)
    except DataError as error:
        yield Check("data", DEVIATES, str(error))
        return
    # a file may have another name by now, and row ids begin with it
    names = {source.part: source.name for source in run_receipt.data.sources}
    renamed = corpus.with_names(made, names)
    there = {name: value for name, value in stored.items() if name != "rejected_rows"}
    yield from check_equal("split", "run.json: data", there, renamed.receipt())
    if (run_dir / receipt.SPLITS).is_file():
        stored = receipt.read_split_ids(run_dir)
        yield from check_equal("split", receipt.SPLITS, stored, renamed.row_ids())


def figures(run_dir: Path, run_receipt: Receipt) -> Iterator[Check]:
    """The losses of run.json and report.json against the rows of held_out.json."""
    from training.chat_tuning.report import REPORT_FILE, read_held_out_rows, report_figures

    try:
        made = report_figures(read_held_out_rows(run_dir))
        stored = read_json(run_dir / REPORT_FILE)
    except ModelError as error:
        yield Check("metric", UNCHECKED, str(error))
        return
    yield from check_equal("metric", "run.json: metrics", run_receipt.metrics, {"held_out": made})
    yield from check_equal("metric", str(REPORT_FILE), stored["held_out"], made)


def golden_check(run_dir: Path, hub: Hub) -> Check:
    """Base and adapter loaded anew, and asked what they were asked after training."""
    from training.chat_tuning import golden

    if not (run_dir / golden.FILE_NAME).is_file():
        return Check("golden", UNCHECKED, f"{golden.FILE_NAME} is not there")
    try:
        golden.replay(run_dir, hub)
    except HubError as error:
        return Check("golden", UNCHECKED, f"the base model cannot be fetched: {error}")
    except ModelError as error:
        return Check("golden", DEVIATES, str(error))
    return Check("golden", OK, f"base and adapter give the losses in {golden.FILE_NAME}")
