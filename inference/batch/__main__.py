"""Batch: a table file of any size -> the same file with a model's scores, row for row.

    python -m inference.batch messages.csv scored.csv --model owner/name

Reads and writes every format of inference/data/formats.py; "-" stands for stdin or stdout. The
memory it takes does not grow with the file. Killed at any time, the same command goes on where it
stopped; OUT appears when it is whole. Rows that cannot be scored stay in their place, with the
reason.

Owns the order of the work and the command; the parts of OUT are parts.py, the columns outputs.py.
"""

import argparse
import contextlib
import hashlib
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from tqdm import tqdm

from hub.errors import UserError
from inference.batch import outputs, parts
from inference.batch.job import BatchJob, BatchProgress, score_file
from inference.batch.outputs import Layout
from inference.batch.scored_file import REJECTED
from inference.batch.scoring import RowReader, choose_columns
from inference.compare import labelled_file
from inference.compare.labelled_file import ComparedModel
from inference.core.errors import ConfigError, DataError, run_command
from inference.core.settings import Settings, load_settings
from inference.data import formats
from inference.data.scan import scan_file

_STREAM = "-"
_BEGINNING = 64 * 1024  # bytes, by which the format of stdin is found
LOCAL, RAY = "local", "ray"


def parse(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """The flags of the command."""
    parser = argparse.ArgumentParser(
        prog="python -m inference.batch",
        description="Score every row of a file. Killed, the same command goes on where it stopped.",
    )
    parser.add_argument("input", metavar="IN", help=f"{formats.in_words()}; - is stdin")
    parser.add_argument("output", metavar="OUT", help=f"{formats.in_words()}; - is stdout")
    parser.add_argument(
        "--model", required=True, help="repo id, or a folder written as a path (./runs/a)"
    )
    parser.add_argument("--revision", help="branch, tag or commit of the repo; main unless given")
    parser.add_argument(
        "--text_fields", nargs="+", default=(), help="columns; those that the model names"
    )
    parser.add_argument("--column_names", nargs="+", default=(), help="of a file without a header")
    parser.add_argument(
        "--thresholds",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="add the column decided: the labels that the model's thresholds choose",
    )
    parser.add_argument(
        "--top_k", type=int, help="the k strongest labels instead of a column for each label"
    )
    parser.add_argument(
        "--engine",
        choices=(LOCAL, RAY),
        default=LOCAL,
        help="ray: on the cluster of RAY_ADDRESS; needs inference/requirements-ray.txt",
    )
    parser.add_argument(
        "--input_format",
        choices=formats.FORMATS,
        help="of stdin; found by how it begins unless given",
    )
    parser.add_argument(
        "--output_format",
        choices=formats.FORMATS,
        help="of stdout; that of the input unless given, JSON lines for Parquet",
    )
    parser.add_argument(
        "--no_bom",
        action="store_true",
        help="begin a CSV or TSV file without the byte order mark that spreadsheets need",
    )
    return parser.parse_args(argv)


def main() -> None:
    """The command line: HF_ENDPOINT and HF_TOKEN say where and who."""
    flags = parse()
    if flags.top_k is not None and flags.top_k < 1:
        raise ConfigError(f"--top_k is {flags.top_k}; expected a number of labels, 1 or more.")
    with tempfile.TemporaryDirectory(prefix="batch-") as folder, _called_stdin(Path(folder)):
        source = _source(flags, Path(folder))
        target = Path(flags.output)
        if flags.output == _STREAM:
            target = Path(folder) / f"stdout.{_format_of_stdout(flags, source)}"
        elif source.exists() and target.exists() and source.samefile(target):
            raise ConfigError(f"{target} is the input itself; name another output.")
        outputs.format_of(target)  # said before a model is fetched
        job = _job(flags, source, target, load_settings())
        progress = _watched(job)
        if flags.output == _STREAM:
            with target.open("rb") as file:
                shutil.copyfileobj(file, sys.stdout.buffer)
                sys.stdout.buffer.flush()
        _report(job, progress)


def _format_of_stdout(flags: argparse.Namespace, source: Path) -> str:
    """The one asked for, or that of the input; Parquet is nothing to look at."""
    of_input = formats.name_of(source)
    as_read = formats.JSONL if of_input in (None, formats.PARQUET) else of_input
    return str(flags.output_format or as_read)


@contextlib.contextmanager
def _called_stdin(folder: Path) -> Iterator[None]:
    """Have errors name stdin and not the file in the folder that it was written to."""
    try:
        yield
    except UserError as error:
        name = re.escape(f"{folder}/stdin") + r"\.\w+"
        error.args = (re.sub(name, "stdin", str(error)), *error.args[1:])
        raise


def _source(flags: argparse.Namespace, folder: Path) -> Path:
    """The input as a file: what comes from stdin is read twice, so it goes to the disk first."""
    if flags.input != _STREAM:
        return Path(flags.input)
    received = folder / "received"
    with received.open("wb") as file:
        shutil.copyfileobj(sys.stdin.buffer, file)
    with received.open("rb") as file:
        kind = flags.input_format or formats.recognise(file.read(_BEGINNING))
    return received.rename(folder / f"stdin.{kind}")


def _job(flags: argparse.Namespace, source: Path, target: Path, here: Settings) -> BatchJob:
    name, model, revision = _open(flags, target, here)
    bundle = model.scorer.bundle
    needed = tuple(flags.text_fields) or bundle.text_fields or ("text",)
    seen = scan_file(source, needed, flags.column_names)
    columns = choose_columns(bundle, flags.text_fields, tuple(seen.columns), str(source))
    layout = Layout(
        seen,
        outputs.format_of(target),
        bundle.labels,
        bundle.is_multilabel,
        flags.thresholds,
        flags.top_k,
        is_marked=flags.output != _STREAM and not flags.no_bom,
    )
    reader = RowReader(bundle, columns)
    job = BatchJob(layout, target, model.scorer, reader, flags.model, revision, flags.revision)
    if flags.engine == LOCAL:
        return job
    from inference.batch.ray_engine import RayEngine  # an extra, and seconds to import

    return replace(job, engine=RayEngine(name))


def _open(
    flags: argparse.Namespace, target: Path, here: Settings
) -> tuple[str, ComparedModel, str]:
    """The model, how it is opened again, and its commit, which an output keeps to once begun."""
    is_folder = labelled_file.is_folder(flags.model)
    revision = flags.revision
    if is_folder and revision:
        raise ConfigError(
            f"--revision {revision} is for a repo, and {flags.model} is a folder; leave it out"
        )
    begun = parts.read_journal(target) or {}
    if (begun.get("model"), begun.get("asked_revision")) == (flags.model, flags.revision):
        revision = begun.get("revision")
    name = flags.model if is_folder or not revision else f"{flags.model}@{revision}"
    model = labelled_file.open_named(name, here.connect(), threads=here.threads)
    if is_folder:
        folder = Path(name).expanduser().resolve()
        return str(folder), model, _stamp(folder)
    return f"{flags.model}@{model.revision}", model, model.revision


def _stamp(folder: Path) -> str:
    """What changes when a file of a model folder does: names, sizes and times, quick to read."""
    files = [path for pattern in ("*.*", "onnx/*.*") for path in sorted(folder.glob(pattern))]
    stats = [(path.name, path.stat().st_size, path.stat().st_mtime_ns) for path in files]
    return hashlib.sha256(repr(stats).encode()).hexdigest()


def _watched(job: BatchJob) -> BatchProgress:
    """Score with a bar and the time left on stderr; return how it ended."""
    # A log that no person watches gets a line every ten seconds.
    interval_s = 0.2 if sys.stderr.isatty() else 10.0
    with contextlib.closing(score_file(job)) as steps:
        progress = next(steps)
        with tqdm(
            desc="scoring",
            unit=" rows",
            total=progress.total,
            initial=progress.resumed,
            mininterval=interval_s,
            dynamic_ncols=True,
        ) as bar:
            for progress in steps:
                bar.update(progress.done - bar.n)
    return progress


def _report(job: BatchJob, progress: BatchProgress) -> None:
    """Say what came of it.

    Raises:
        DataError: not one row could be scored.
    """
    name = "stdout" if job.layout.is_marked is False else str(job.target)
    if progress.rejected == progress.total:
        raise DataError(
            f"None of the {progress.total:,} rows of {job.layout.survey.path} could be scored; "
            f"the column {REJECTED} of {name} says why. Read were: "
            f"{', '.join(job.reader.columns)}."
        )
    kept = f"; {progress.rejected:,} rejected, see the column {REJECTED}"
    resumed = f"; {progress.resumed:,} were done before" if progress.resumed else ""
    print(
        f"{name}: {progress.total:,} rows{kept if progress.rejected else ''}{resumed}",
        file=sys.stderr,
    )


if __name__ == "__main__":
    run_command(main)
