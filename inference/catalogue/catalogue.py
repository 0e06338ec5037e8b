"""A catalogue: the folder that says which models are on show, and what is stored about them.

    models.yaml        title, task and models, written by hand
    messages.yaml      example messages, written by hand
    first_paint.json   optional: the results table of the messages (comparison.py)
    leaderboard.json   optional: the rows of the frozen test set

A folder of such folders holds several catalogues, each under the name of its folder. Owns the
reading of the folders, the pinning of revisions and the way from an entry to a scorer; knows no
page and keeps no model.
"""

import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path

import yaml

from hub.client import Hub, validate_repo_id
from hub.errors import NotFound
from inference.catalogue.comparison import Comparison, load_comparison
from inference.core.atomic_write import write_whole
from inference.core.errors import ConfigError
from inference.core.yaml_values import (
    read_yaml,
    refuse_unknown,
    require_mapping,
    require_text,
    require_texts,
)
from inference.data.problem_types import MULTI, SINGLE
from inference.evaluation.leaderboard import FINE_TUNED, Leaderboard, load_leaderboard

PRETRAINED, ZERO_SHOT = "pretrained", "zero-shot"
ROLES = (FINE_TUNED, PRETRAINED, ZERO_SHOT)
MODELS_FILE, MESSAGES_FILE = "models.yaml", "messages.yaml"
FIRST_PAINT_FILE, LEADERBOARD_FILE = "first_paint.json", "leaderboard.json"

_SHA = re.compile(r"[0-9a-f]{40}")


@dataclass(frozen=True)
class ModelEntry:
    """A model on show.

    revision: 40-hex commit; None = the branch main at the time of opening.
    label_map: the model's label -> the task's, for a pretrained classifier; a label that it leaves
        out, or maps to null, is not used.
    problem_type: how its logits are to be read, where its config.json does not say so rightly.
    label_descriptions: the task's label -> a sentence, for a zero-shot encoder.
    """

    repo_id: str
    role: str
    title: str = ""
    revision: str | None = None
    label_map: Mapping[str, str] | None = None
    label_descriptions: Mapping[str, str] | None = None
    problem_type: str | None = None


@dataclass(frozen=True)
class Catalogue:
    """Everything in a catalogue folder; first_paint and leaderboard are None when not stored."""

    title: str
    labels: tuple[str, ...]
    problem_type: str
    models: tuple[ModelEntry, ...]
    messages: tuple[str, ...]
    first_paint: Comparison | None = None
    leaderboard: Leaderboard | None = None


def load_catalogues(folder: Path) -> dict[str, Catalogue]:
    """Read the catalogue in a folder, or else those in the folders in it, in order of their names.

    Raises:
        ConfigError: no catalogue is found, or one of them cannot be used.
        DataError: a stored table cannot be read.
    """
    inner = sorted(path.parent for path in folder.glob(f"*/{MODELS_FILE}"))
    if (folder / MODELS_FILE).is_file() or not inner:
        inner = [folder]
    catalogues = {path.resolve().name: load_catalogue(path) for path in inner}
    titles = [catalogue.title for catalogue in catalogues.values()]
    twice = sorted({title for title in titles if titles.count(title) > 1})
    if twice:
        raise ConfigError(
            f"{folder}: several catalogues have the title {', '.join(twice)}; give each its own, "
            "as a visitor chooses by it"
        )
    return catalogues


def load_catalogue(folder: Path) -> Catalogue:
    """Read a catalogue folder.

    Raises:
        ConfigError: a file is missing, is not YAML, or has a key or value that cannot be used.
        DataError: a stored table cannot be read.
    """
    path = folder / MODELS_FILE
    raw = read_yaml(path)
    refuse_unknown(raw, ("title", "task", "models"), str(path))
    task = require_mapping(raw.get("task"), f"{path}: task")
    refuse_unknown(task, ("labels", "problem_type"), f"{path}: task")
    labels = require_texts(task.get("labels"), f"{path}: task.labels")
    if task.get("problem_type") not in (SINGLE, MULTI):
        raise ConfigError(
            f"{path}: task.problem_type is {task.get('problem_type')!r}; "
            f"expected {SINGLE} or {MULTI}"
        )
    entries = raw.get("models")
    if not isinstance(entries, list) or not entries:
        raise ConfigError(f"{path}: models is {entries!r}; expected a list of at least one model")
    models = tuple(
        _entry(entry, labels, f"{path}: model {number}") for number, entry in enumerate(entries, 1)
    )
    first_paint, leaderboard = folder / FIRST_PAINT_FILE, folder / LEADERBOARD_FILE
    return Catalogue(
        title=require_text(raw.get("title"), f"{path}: title"),
        labels=labels,
        problem_type=task["problem_type"],
        models=models,
        messages=_messages(folder / MESSAGES_FILE),
        first_paint=load_comparison(first_paint) if first_paint.is_file() else None,
        leaderboard=load_leaderboard(leaderboard) if leaderboard.is_file() else None,
    )


def pin_catalogue(folder: Path, hub: Hub, destination: Path) -> Catalogue:
    """Copy a catalogue with every missing revision filled in by the commit that main is at now.

    Raises:
        ConfigError: the catalogue cannot be used.
        HubError: a repo cannot be seen, or the Hub does not answer.
    """
    catalogue = load_catalogue(folder)
    pinned = replace(
        catalogue,
        models=tuple(replace(entry, revision=_commit(entry, hub)) for entry in catalogue.models),
    )
    destination.mkdir(parents=True, exist_ok=True)
    for name in (MESSAGES_FILE, FIRST_PAINT_FILE, LEADERBOARD_FILE):
        if (folder / name).is_file():
            shutil.copyfile(folder / name, destination / name)
    # last: a folder without it is no catalogue
    _write_models(pinned, destination / MODELS_FILE)
    return pinned


def _commit(entry: ModelEntry, hub: Hub) -> str:
    """The commit that the entry's revision names now."""
    revision = entry.revision or "main"
    return hub.resolve(entry.repo_id, revision, allow_patterns=["config.json"]).sha


def _entry(raw: object, labels: tuple[str, ...], where: str) -> ModelEntry:
    mapping = require_mapping(raw, where)
    refuse_unknown(mapping, [field.name for field in fields(ModelEntry)], where)
    repo_id = require_text(mapping.get("repo_id"), f"{where}: repo_id")
    where = f"{where} ({repo_id})"
    try:
        validate_repo_id(repo_id)
    except NotFound as error:
        raise ConfigError(f"{where}: {error}") from None
    role, revision = mapping.get("role"), mapping.get("revision")
    if role not in ROLES:
        raise ConfigError(f"{where}: role is {role!r}; expected one of {', '.join(ROLES)}")
    if revision is not None and not _SHA.fullmatch(str(revision)):
        raise ConfigError(
            f"{where}: revision is {revision!r}; expected null, or a commit of 40 hex digits, "
            "as a branch or tag may move"
        )
    problem_type = mapping.get("problem_type")
    if problem_type not in (None, SINGLE, MULTI):
        raise ConfigError(
            f"{where}: problem_type is {problem_type!r}; expected {SINGLE} (softmax) or {MULTI} "
            "(sigmoid), or none for what the model itself says"
        )
    return ModelEntry(
        repo_id=repo_id,
        role=role,
        title=require_text(mapping.get("title", repo_id), f"{where}: title"),
        revision=None if revision is None else str(revision),
        label_map=_label_map(mapping.get("label_map"), labels, where),
        label_descriptions=_descriptions(mapping.get("label_descriptions"), role, labels, where),
        problem_type=problem_type,
    )


def _label_map(raw: object, labels: tuple[str, ...], where: str) -> dict[str, str] | None:
    if raw is None:
        return None
    label_map = require_mapping(raw, f"{where}: label_map")
    label_map = {mine: its for mine, its in label_map.items() if its is not None}
    for mine, its in label_map.items():
        if its not in labels:
            raise ConfigError(
                f"{where}: label_map maps {mine!r} to {its!r}; expected one of {', '.join(labels)}"
            )
    return label_map


def _descriptions(
    raw: object, role: str, labels: tuple[str, ...], where: str
) -> dict[str, str] | None:
    if role != ZERO_SHOT:
        if raw is not None:
            raise ConfigError(f"{where}: label_descriptions are for the role {ZERO_SHOT} alone")
        return None
    descriptions = require_mapping(raw, f"{where}: label_descriptions")
    if set(descriptions) != set(labels):
        raise ConfigError(
            f"{where}: label_descriptions describes {', '.join(descriptions)}; expected each of "
            f"{', '.join(labels)}"
        )
    return {label: require_text(text, f"{where}: {label}") for label, text in descriptions.items()}


def _messages(path: Path) -> tuple[str, ...]:
    raw = read_yaml(path)
    refuse_unknown(raw, ("messages",), str(path))
    return require_texts(raw.get("messages"), f"{path}: messages")


def _write_models(catalogue: Catalogue, path: Path) -> None:
    models = [
        {key: value for key, value in vars(entry).items() if value is not None}
        for entry in catalogue.models
    ]
    task = {"labels": list(catalogue.labels), "problem_type": catalogue.problem_type}
    content = {"title": catalogue.title, "task": task, "models": models}
    written = yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=100)
    write_whole(path, written)
