"""A catalogue made ready to be shown: revisions pinned, first paint, leaderboard, answers stored.

The Space paints its pages from what is stored here and loads no model for it. Which models are on
show is written by hand in `models.yaml`; this only fills in what the Hub and the models say. A
folder `texts` in it, with the file of the test rows, is carried over: those texts will be shown.

    python -m space_config.prepare space_config/demo READY_FOLDER
"""

import argparse
import shutil
import tempfile
from dataclasses import replace
from pathlib import Path

from hub.client import Hub
from inference.catalogue import licences, opening
from inference.catalogue.catalogue import (
    FIRST_PAINT_FILE,
    LEADERBOARD_FILE,
    MESSAGES_FILE,
    MODELS_FILE,
    Catalogue,
    load_catalogue,
    pin_catalogue,
)
from inference.catalogue.comparison import compare_models, save_comparison
from inference.chat import chat_catalogue
from inference.core.errors import ConfigError, run_command
from inference.core.settings import load_settings
from inference.evaluation import stored_results
from inference.evaluation.leaderboard import (
    FINE_TUNED,
    Leaderboard,
    load_leaderboard,
    merge_leaderboards,
    save_leaderboard,
)

# All that a prepared folder may hold, so that no other folder is ever taken for one.
WRITTEN = (
    MODELS_FILE,
    MESSAGES_FILE,
    FIRST_PAINT_FILE,
    LEADERBOARD_FILE,
    licences.FILE_NAME,
    stored_results.FOLDER,
    stored_results.TEXTS,
    chat_catalogue.FILE_NAME,
)
STORED_RESULTS = "results/leaderboard.json"  # in the repo of a fine-tuned model


def prepare_catalogue(source: Path, destination: Path, hub: Hub, threads: int = 0) -> Catalogue:
    """Pin every model of `source`, score its example messages, and write all to `destination`.

    The folder appears by rename, whole or not at all, in place of what was prepared there before.

    Raises:
        ConfigError: the destination holds something else.
        HubError: a model on show is not on the Hub, or the Hub does not answer.
        ModelError: a model cannot be loaded or its labels cannot be aligned.
    """
    destination = destination.resolve()
    _refuse_other_content(destination)
    destination.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=destination.parent) as scratch:
        ready = Path(scratch) / destination.name
        pinned = pin_catalogue(source, hub, ready)
        models = [
            opening.open_model(entry, pinned, hub, threads=threads) for entry in pinned.models
        ]
        comparison = compare_models(
            [(model.column, model.scorer) for model in models],
            pinned.labels,
            pinned.problem_type,
            pinned.messages,
        )
        save_comparison(comparison, ready / FIRST_PAINT_FILE)
        board = _leaderboard(pinned, hub, ready)
        if board is not None:
            save_leaderboard(board, ready / LEADERBOARD_FILE)
        licences.save(licences.gather(pinned.models, hub), ready)
        talk = chat_catalogue.load(source)
        if talk is not None:
            chat_catalogue.save(chat_catalogue.pin(talk, hub), ready)
        if (source / stored_results.TEXTS).is_dir():
            shutil.copytree(source / stored_results.TEXTS, ready / stored_results.TEXTS)
        if destination.exists():
            shutil.rmtree(destination)
        ready.rename(destination)
    return load_catalogue(destination)


def _refuse_other_content(destination: Path) -> None:
    """A folder is replaced only if it is empty, or all in it is what prepare() writes."""
    if not destination.exists():
        return
    if destination.is_dir() and destination != Path.cwd():
        names = {path.name for path in destination.iterdir()}
        if not names or (FIRST_PAINT_FILE in names and names <= set(WRITTEN)):
            return
    raise ConfigError(
        f"{destination} is there and is not what an earlier run of this command wrote; nothing was "
        "changed. Name a folder that does not exist, or an empty one."
    )


def _leaderboard(pinned: Catalogue, hub: Hub, ready: Path) -> Leaderboard | None:
    """The tables that training stored beside the weights of the fine-tuned models on show.

    Those of other test sets than the first one's cannot stand in one table and are left out. What
    stands behind each table is kept in the folder.
    """
    boards: list[Leaderboard] = []
    for entry in pinned.models:
        if entry.role != FINE_TUNED:
            continue
        assert entry.revision is not None, f"{entry.repo_id} was not pinned"
        snapshot = hub.resolve(entry.repo_id, entry.revision, allow_patterns=stored_results.FILES)
        if not (snapshot.folder / STORED_RESULTS).is_file():
            print(f"{entry.repo_id} has no {STORED_RESULTS}: it will stand in no verdict table")
            continue
        stored_results.keep(snapshot.folder, ready, entry.repo_id)
        stored = load_leaderboard(snapshot.folder / STORED_RESULTS)
        # A repo cannot hold the id of the commit that it is part of.
        rows = tuple(
            replace(row, model=replace(row.model, revision=snapshot.sha))
            if row.is_fine_tuned and not row.model.revision
            else row
            for row in stored.rows
        )
        boards.append(replace(stored, rows=rows))
    return merge_leaderboards(boards)


def main() -> None:
    """Prepare a catalogue folder with the Hub that the environment names."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("source", type=Path, help="folder with models.yaml and messages.yaml")
    parser.add_argument(
        "destination", type=Path, help="folder to write: new, empty, or written by this before"
    )
    arguments = parser.parse_args()
    settings = load_settings()
    ready = prepare_catalogue(
        arguments.source, arguments.destination, settings.connect(), settings.threads
    )
    print(f"{arguments.destination}: {len(ready.models)} models, {len(ready.messages)} messages")


if __name__ == "__main__":
    run_command(main)
