"""Models on a labelled file: the verdict table for data that no training has seen.

Owns how models that are named by repo id or folder come to answer in the labels of the first one,
and which rows stand beside them; measuring is measure.py, judging verdict.py.

Try: python -m inference.compare --help
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from hub.client import Hub
from inference.catalogue import opening
from inference.catalogue.catalogue import PRETRAINED, Catalogue, ModelEntry
from inference.compare import published_baselines
from inference.core.atomic_write import write_whole
from inference.core.errors import LeakError, ModelError
from inference.data import records
from inference.data.schema import Schema
from inference.evaluation import dummy_models, predictions, verdict
from inference.evaluation.leaderboard import (
    BASELINE,
    FINE_TUNED,
    Leaderboard,
    Measured,
    save_leaderboard,
)
from inference.evaluation.measure import measure_model, targets_of
from inference.evaluation.predictions import Predictions, Targets
from inference.models.alignment import align
from inference.models.bundle import Bundle
from inference.models.classifier import Scorer, load_classifier
from inference.models.receipt import RECEIPT_FILE, TrainedColumns, load_asked, load_receipt
from inference.models.tfidf import TFIDF_ROW


@dataclass(frozen=True)
class ComparedModel:
    """A model in the labels of the task; revision is the commit that answered, "" of a folder."""

    scorer: Scorer
    role: str
    title: str
    revision: str


@dataclass(frozen=True)
class Judged:
    """The table, what every model said, and the rows of the file that could not be used.

    missing: that a baseline which the judged model met before is not among them; "" if all are.
    """

    board: Leaderboard
    predictions: Mapping[str, Predictions]
    rejected: tuple[records.Rejected, ...]
    missing: str = ""


def open_named(name: str, hub: Hub, *, threads: int = 0) -> ComparedModel:
    """Load a model by folder (a path, as ./runs/a) or by repo id (owner/name or owner/name@commit).

    Raises:
        HubError: it cannot be fetched. ModelError: it cannot be loaded.
    """
    if is_folder(name):
        folder = Path(name).expanduser()
        if not folder.is_dir():
            raise ModelError(f"{name} is no folder; give that of a run, or a repo id: owner/name")
        scorer = load_classifier(folder, threads=threads)
        return ComparedModel(scorer, FINE_TUNED, folder.resolve().name, "")
    repo_id, _, revision = name.partition("@")
    entry = ModelEntry(repo_id, FINE_TUNED, repo_id, revision or None)
    model = opening.open_unaligned(entry, hub, threads=threads)
    return ComparedModel(model.scorer, FINE_TUNED, repo_id, model.entry.revision or "")


def models_to_compare(
    names: Sequence[str], catalogue: Catalogue | None, hub: Hub, *, threads: int = 0
) -> Iterator[ComparedModel]:
    """Open models one after the other; the first is judged.

    A name that a catalogue lists takes its role, label map and descriptions from there; all others
    must have the first one's labels. Of these one with a receipt was fine-tuned, as the first was;
    one without is what was to be had.

    Raises:
        HubError: one cannot be fetched. ModelError: one cannot be loaded or aligned.
    """
    listed = {entry.repo_id: entry for entry in catalogue.models} if catalogue else {}
    task: Bundle | None = None
    for name in names:
        if catalogue is not None and name in listed:
            model = opening.open_model(listed[name], catalogue, hub, threads=threads)
            compared = ComparedModel(
                model.scorer, model.entry.role, model.entry.title, model.entry.revision or ""
            )
        else:
            compared = open_named(name, hub, threads=threads)
            if task is not None:
                try:
                    scorer = align(compared.scorer, task.labels, task.problem_type)
                except ModelError as error:
                    raise ModelError(f"{name}: {error}") from None
                was_tuned = _folder_of(name, hub, [RECEIPT_FILE]) is not None
                role = FINE_TUNED if was_tuned else PRETRAINED
                compared = replace(compared, scorer=scorer, role=role)
        task = task or compared.scorer.bundle
        yield compared


def judge_file(
    models: Sequence[ComparedModel],
    path: Path,
    schema: Schema,
    on_start: Callable[[str], None] = lambda title: None,
    *,
    published: Path | None = None,
) -> Judged:
    """Return the verdict table of models on a labelled file.

    published: where the baselines lie that were published with the first model. Where some baseline
    is among them, there stands beside it the best answer that never looks at a text: it is given
    the labels' shares of this very file, which is more than any model knows. Without one there is
    no verdict, as that one alone would flatter.

    Raises:
        DataError: the file cannot be read or has no usable row. TextError: a text is not scored.
        ModelError: a published baseline is damaged.
    """
    assert models, "at least one model is judged"
    task = models[0].scorer.bundle
    read = records.read(path, schema, labels=task.labels)
    targets = targets_of(read.examples, task.labels, task.problem_type)
    named = {f"model_{number}": model for number, model in enumerate(models, start=1)}
    tfidf = published_baselines.open_tfidf(published, task) if published else None
    if tfidf is not None:
        title = "TF-IDF + logistic regression"
        aligned = align(tfidf, task.labels, task.problem_type)
        named[TFIDF_ROW] = ComparedModel(aligned, BASELINE, title, "")
    if any(model.role != FINE_TUNED for model in named.values()):
        named["majority"] = _always_the_most_frequent(targets, task)
    measured: list[tuple[Measured, Predictions]] = []
    for name, model in named.items():
        on_start(model.title)
        measured.append(
            measure_model(
                model.scorer,
                read.examples,
                name=name,
                title=model.title,
                role=model.role,
                repo_id=model.title if model.revision else "",
                revision=model.revision,
            )
        )
    board = verdict.judge(measured, targets, read.source.sha256)
    answers = {model.name: predicted for model, predicted in measured}
    missing = published_baselines.describe_missing(published) if published else ""
    return Judged(board, answers, read.rejected, missing)


def _always_the_most_frequent(targets: Targets, task: Bundle) -> ComparedModel:
    shares = targets.matrix.mean(axis=0).astype(np.float32)
    bundle = Bundle(
        task.labels,
        task.problem_type,
        text_fields=task.text_fields,
        json_fields=task.json_fields,
    )
    same = dummy_models.majority(shares, bundle)
    return ComparedModel(same, BASELINE, "always the most frequent", "")


def refuse_trained_on(names: Sequence[str], path: Path, hub: Hub) -> None:
    """Raise Leak if one of the models was trained on this very file, as its receipt says.

    A file that shares only some rows with it is not recognised. Models without a receipt pass.
    """
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    for name in names:
        folder = _folder_of(name, hub, [RECEIPT_FILE])
        for source in load_receipt(folder).data.sources if folder else ():
            if source.sha256 == digest and source.part != "test":
                raise LeakError(
                    f"{name} learned from {path}: its figures on it flatter, and no verdict can be "
                    "had from them. Judge it on texts that it has not seen, or go on with "
                    "--allow_leaks."
                )


def published_with(name: str, hub: Hub) -> Path | None:
    """Where the baselines lie that were published with a model; None where there are none."""
    return _folder_of(name, hub, published_baselines.FILES)


def _folder_of(name: str, hub: Hub, files: Sequence[str]) -> Path | None:
    """Where some of these files of a model named by folder or repo id lie; None where none does."""
    if is_folder(name):
        folder = Path(name).expanduser()
    else:
        repo_id, _, revision = name.partition("@")
        # config.json is always there: a repo without these is no repo without files
        patterns = [*files, "config.json"]
        folder = hub.resolve(repo_id, revision or "main", allow_patterns=patterns).folder
    return folder if any((folder / file).is_file() for file in files) else None


def is_folder(name: str) -> bool:
    """Whether a model is named by a path, as ./runs/a, and not by its repo id."""
    return name.startswith((".", "/", "~"))


def default_label_fields(name: str) -> tuple[str, ...]:
    """The label columns that a run folder was trained with; () where it has no receipt.

    Raises:
        ModelError: the receipt cannot be read.
    """
    folder = Path(name).expanduser()
    if not is_folder(name) or not (folder / RECEIPT_FILE).is_file():
        return ()
    return load_asked(TrainedColumns, folder).label_fields


def save(judged: Judged, folder: Path) -> None:
    """Write the table and every model's answers into a folder."""
    save_leaderboard(judged.board, folder / "leaderboard.json")
    for name, predicted in judged.predictions.items():
        predictions.save(predicted, folder / "predictions" / f"{name}.parquet")
    write_whole(folder / "rejected.txt", "".join(f"{row}\n" for row in judged.rejected))
