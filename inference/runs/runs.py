"""Runs: the trainings that are prepared, watched and published on the owner's page.

    RUNS/NAME/form.json      its data file, the recipe it starts from, when it was made
    RUNS/NAME/data.csv       the file, where it was uploaded
    RUNS/NAME/settings.yaml  what was chosen on the page: a --config of the public commands
    RUNS/NAME/doctor/        what python -m training.doctor says of the data
    RUNS/NAME/output/        the run folder of python -m training.train: what is published
    RUNS/NAME/tuning/        what python -m training.tune found, and the model that it made

Owns this folder and the public commands that work in it; starting and stopping one is process.py's,
reading how a training goes progress.py's. A training that was started by hand is not listed.

Try: python -c "from pathlib import Path; from inference.runs.runs import Runs; \
print(Runs(Path('runs')).all())"
"""

import json
import re
import shutil
import sys
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from itertools import islice
from pathlib import Path
from typing import TypeVar

import yaml

from hub.errors import UserError
from inference.core.atomic_write import write_whole
from inference.core.errors import DataError, WorkError
from inference.core.json_record import load_record
from inference.core.yaml_values import read_yaml
from inference.data import tables
from inference.data.delimited import Broken
from inference.data.scan import scan_file
from inference.runs import process
from inference.runs.contract import STAGES_FILE
from inference.runs.recipes import classifier_recipes, column_names_of
from inference.runs.study import STUDY_FILE, Study, load_study

CHECK, TRAIN, PUBLISH = "check", "train", "publish"
TUNE, PUBLISH_TUNED = "tune", "publish the tuned model"
_ROOT = Path(__file__).resolve().parents[2]
_FORM, _SETTINGS = "form.json", "settings.yaml"
_FORM_OF_BEFORE = "run.json"
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")

T = TypeVar("T")
Value = str | int | float | bool | list[str] | dict[str, str] | None


@dataclass(frozen=True)
class _Form:
    """form.json: a run as it was made."""

    data: str
    data_name: str
    rows: int
    columns: tuple[str, ...]
    recipe: str | None
    made_at: float


@dataclass(frozen=True)
class Run:
    """A run as it was made; how it stands now is asked of its files each time.

    data: the file of labelled texts, with so many rows and these columns. data_name: what its owner
        calls it. recipe: the file to start from, below the project's folder; None for none.
        made_at: seconds since 1970.
    """

    folder: Path
    data: Path
    data_name: str
    rows: int
    columns: tuple[str, ...]
    recipe: str | None
    made_at: float

    @property
    def name(self) -> str:
        """The name of its folder."""
        return self.folder.name

    @property
    def output(self) -> Path:
        """The run folder that training fills."""
        return self.folder / "output"

    @property
    def tuning(self) -> Path:
        """The folder that a search for better settings fills."""
        return self.folder / "tuning"

    @property
    def study(self) -> Study | None:
        """The search as it stands; None before the first trial."""
        try:
            return load_study(self.tuning / STUDY_FILE)
        except DataError:
            return None

    @property
    def tuned(self) -> Path:
        """The folder of the model with the settings that the search found."""
        return self.tuning / "best"

    @property
    def is_tuned(self) -> bool:
        """Is there a tuned model to publish?"""
        return (self.tuned / "README.md").is_file()

    @property
    def work(self) -> process.Work | None:
        """The command that was started last."""
        return process.find(self.folder)

    @property
    def settings(self) -> dict[str, Value]:
        """What was chosen on the page, over what the recipe says."""
        recipe = read_yaml(_ROOT / self.recipe) if self.recipe else {}
        chosen = self.folder / _SETTINGS
        return {**recipe, **(read_yaml(chosen) if chosen.exists() else {})}

    @property
    def is_configured(self) -> bool:
        """Has anything been chosen?"""
        return (self.folder / _SETTINGS).exists()

    @property
    def is_begun(self) -> bool:
        """Has a training made the run folder its own? From then on its settings are fixed."""
        return (self.output / STAGES_FILE).is_file()

    @property
    def is_trained(self) -> bool:
        """Is there a model to publish?"""
        return (self.output / "README.md").is_file()  # the card, which training writes last

    def preview(self, count: int) -> list[dict[str, str]]:
        """The first rows that can be read, every cell as text. Raises DataError if none can be."""
        names = column_names_of(self.data, self.recipe)
        table = tables.open_table(self.data, self.columns, names, has_every_column=True)
        rows = (row for row in table.rows if not isinstance(row, Broken))
        return [{k: str(v) for k, v in row.items()} for row in islice(rows, count)]

    def configure(self, chosen: Mapping[str, Value]) -> None:
        """Keep what was chosen, as names and values of `python -m training.train --help`.

        Raises:
            WorkError: a command is at work in the run, or its training has begun.
        """
        if self.is_begun or process.at_work(self.folder.parent) == self.name:
            raise WorkError(
                f"The settings of the run {self.name} are fixed, as its training has begun or a "
                "command is at work in it: make another run."
            )
        content = {"train_file": str(self.data), **chosen, "output_dir": str(self.output)}
        text = yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=100)
        write_whole(self.folder / _SETTINGS, text)

    def command(self, kind: str, *flags: str) -> tuple[str, ...]:
        """The public command for one of the kinds, as a person would type it."""
        recipe = ("--config", self.recipe) if self.recipe else ()
        config = (*recipe, "--config", str(self.folder / _SETTINGS))
        doctor = str(self.folder / "doctor")
        tune = ("python", "-m", "training.tune", *config)
        return {
            CHECK: ("python", "-m", "training.doctor", *config, "--output_dir", doctor),
            TRAIN: ("python", "-m", "training.train", *config),
            TUNE: (*tune, "--output_dir", str(self.tuning), *flags),
            PUBLISH: ("python", "-m", "training.publish", str(self.output), *flags),
            PUBLISH_TUNED: ("python", "-m", "training.publish", str(self.tuned), *flags),
        }[kind]

    def start(self, kind: str, *flags: str) -> None:
        """Start one of the commands in the background; TRAIN again carries on where it stopped.

        Raises:
            WorkError: a run is at work, or the packages of training are not installed.
        """
        refuse_missing_packages()
        python, *rest = self.command(kind, *flags)
        assert python == "python", python
        process.start(self.folder, kind, (sys.executable, *rest))

    def stop(self) -> None:
        """Stop what is at work; training keeps its last checkpoint. Raises WorkError if nothing."""
        process.stop(self.folder)


class Runs:
    """The runs of one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def all(self) -> tuple[Run, ...]:
        """Every run, the newest first."""
        names = [path.name for path in self.folder.glob("*") if path.is_dir()]
        runs = [_read(self.folder / name) for name in names]
        return tuple(sorted((run for run in runs if run), key=lambda run: -run.made_at))

    def find(self, name: str) -> Run:
        """The run of this name. Raises WorkError if there is none."""
        run = _read(self.folder / name) if _NAME.fullmatch(name) else None
        if run is None:
            raise WorkError(f"There is no run {name!r} here: it may have been deleted.")
        return run

    def at_work(self) -> str | None:
        """The name of the run that a command works for now."""
        return process.at_work(self.folder)

    def make(self, name: str, data_name: str, data: bytes | Path, recipe: str | None = None) -> Run:
        """Make a run over an uploaded file (its bytes) or a file of this machine (its path).

        Raises:
            WorkError: the name is taken or cannot be a name, or the recipe is none.
            DataError: the file is not there, or cannot be read as a table.
        """
        if not _NAME.fullmatch(name):
            raise WorkError(
                f"{name!r} cannot name a run: use 1 to 40 small letters, digits and hyphens."
            )
        if recipe is not None and recipe not in classifier_recipes():
            raise WorkError(
                f"{recipe!r} is no recipe; there are {', '.join(classifier_recipes())}."
            )
        folder = self.folder / name
        try:
            folder.mkdir(parents=True)
        except FileExistsError:
            raise WorkError(f"There is a run {name} already: choose another name.") from None
        try:
            run = _survey(folder, data_name, data, recipe)
        except UserError:
            shutil.rmtree(folder)
            raise
        form = _Form(str(run.data), run.data_name, run.rows, run.columns, run.recipe, run.made_at)
        text = json.dumps(asdict(form), ensure_ascii=False)
        write_whole(folder / _FORM, text + "\n")  # it counts now
        return run

    def delete(self, run: Run) -> None:
        """Delete a run and all its files but a data file that lay elsewhere.

        Raises:
            WorkError: it is at work.
        """
        if self.at_work() == run.name:
            raise WorkError(f"The run {run.name} is at work: stop it first.")
        for name in (_FORM, _FORM_OF_BEFORE):
            (run.folder / name).unlink(missing_ok=True)  # first: half a run must not be listed
        shutil.rmtree(run.folder, ignore_errors=True)


def refuse_missing_packages() -> None:
    """Raise WorkError, with how to install them, unless the packages of training are there."""
    needed = ("accelerate", "evaluate", "optuna", "plotly")
    missing = [name for name in needed if not find_spec(name)]
    if missing:
        raise WorkError(
            f"Training needs packages that are not installed here ({', '.join(missing)}): run "
            "python -m pip install -r training/requirements.txt"
        )


def _survey(folder: Path, data_name: str, data: bytes | Path, recipe: str | None) -> Run:
    """Put the data into its place and look what it is."""
    if isinstance(data, bytes):
        path = folder / f"data{Path(data_name).suffix.lower()}"
        write_whole(path, data)
    else:
        path = data.resolve()
    seen = scan_file(path, column_names=column_names_of(path, recipe))
    columns = tuple(seen.columns)
    return Run(folder, path, Path(data_name).name, seen.rows, columns, recipe, time.time())


def _read(folder: Path) -> Run | None:
    """The run of a folder; None if it is none of ours. Raises DataError if its form is damaged."""
    path = folder / _FORM
    if not path.is_file():
        path = folder / _FORM_OF_BEFORE
        # where somebody trains by hand, a receipt has this name
        if not path.is_file() or "data_name" not in _load(dict[str, object], path):
            return None
    form = _load(_Form, path)
    return Run(folder, **{**vars(form), "data": Path(form.data)})


def _load(kind: type[T], path: Path) -> T:
    return load_record(kind, path, what="no form of a run", remedy="delete it and make another run")
