"""The free page: the verdict table and a baseline to ask, as files for any web server.

Owns what stands on it; its looks and its program are in space_config/static/. Creating a Docker
Space needs a paid plan of the Hub, a static one does not. Nothing on it asks another site: the
TF-IDF baseline answers in the visitor's browser, from the tables of results/tfidf.json.

    python -m space_config.deploy --static DIR
"""

import shutil
import tempfile
from html import escape
from pathlib import Path
from string import Template

import yaml

from hub.client import Hub
from hub.errors import NotFound
from inference.catalogue.catalogue import Catalogue, load_catalogue
from inference.core.atomic_write import write_whole
from inference.core.errors import ConfigError
from inference.evaluation.leaderboard import (
    FINE_TUNED,
    Leaderboard,
    LeaderboardRow,
    as_json,
    sentence,
)
from inference.models.bundle import TFIDF_FILE

PARTS = Path(__file__).parent / "static"
_COPIED = ("style.css", "page.js", "tfidf.js")
_CARD_TEXT = """
The measurements of a fine-tuned model beside what was to be had for free, and a small baseline that
answers in the browser. Made by `python -m space_config.deploy --static`.
"""


def write(ready: Path, destination: Path, hub: Hub) -> bool:
    """Write the page of a prepared catalogue; return whether it can answer texts too.

    The folder appears by rename, whole or not at all.

    Raises:
        ConfigError: no measurements are stored, or the folder holds something else.
        HubError: the Hub does not answer.
    """
    catalogue = load_catalogue(ready)
    if catalogue.leaderboard is None:
        raise ConfigError(
            f"{ready} holds no measurements, and a static page is little else: train a model with "
            "python -m training.train and put it on show in models.yaml"
        )
    _refuse_other_content(destination)
    destination.parent.mkdir(parents=True, exist_ok=True)
    tables = _tables(catalogue, hub)
    with tempfile.TemporaryDirectory(dir=destination.parent) as scratch:
        page = Path(scratch) / "page"
        page.mkdir()
        for name in _COPIED:
            shutil.copyfile(PARTS / name, page / name)
        if tables is not None:
            shutil.copyfile(tables, page / "tfidf.json")
        write_whole(page / "leaderboard.json", as_json(catalogue.leaderboard))
        write_whole(page / "README.md", _card(catalogue.title))
        tables_bytes = tables.stat().st_size if tables is not None else None
        write_whole(page / "index.html", html(catalogue, catalogue.leaderboard, tables_bytes))
        page.chmod(0o755)
        if destination.exists():
            shutil.rmtree(destination)
        page.rename(destination)
    return tables is not None


def html(catalogue: Catalogue, board: Leaderboard, tables_bytes: int | None) -> str:
    """index.html; every text of the catalogue escaped.

    tables_bytes: size of the tables to answer with; None leaves that part out.
    """
    shown = [entry for entry in catalogue.models if entry.role == FINE_TUNED]
    models = ", ".join(f"{entry.repo_id} at {str(entry.revision)[:8]}" for entry in shown)
    ranked = sorted(board.rows, key=lambda row: -(row.figures["mcc"] or 0.0))
    asking = ""
    if tables_bytes is not None:
        asking = _part("try_it.html").substitute(size=f"{tables_bytes / 1e6:.1f} MB")
    return _part("page.html").substitute(
        title=escape(catalogue.title),
        answer=escape(sentence(board)),
        examples=f"{board.examples:,}",
        rows="\n".join(map(_row, ranked)),
        try_it=asking,
        models=escape(f"Fine-tuned: {models}." if shown else ""),
    )


def _tables(catalogue: Catalogue, hub: Hub) -> Path | None:
    """The tables of the first fine-tuned model that was published with them."""
    for entry in catalogue.models:
        if entry.role != FINE_TUNED:
            continue
        try:
            snapshot = hub.resolve(
                entry.repo_id, entry.revision or "main", allow_patterns=[TFIDF_FILE]
            )
        except NotFound:
            continue
        return snapshot.folder / TFIDF_FILE
    return None


def _card(title: str) -> str:
    """README.md with the front matter of a static Space."""
    facts = {
        "title": title,
        "emoji": "⚖️",
        "colorFrom": "indigo",
        "colorTo": "blue",
        "sdk": "static",
        "pinned": False,
        "license": "apache-2.0",
        "short_description": "Is my fine-tuned model better than a free one?",
    }
    front_matter = yaml.safe_dump(facts, sort_keys=False, allow_unicode=True)
    return f"---\n{front_matter}---\n{_CARD_TEXT}"


def _row(row: LeaderboardRow) -> str:
    """A model's line: name and role, the drawn MCC, and figures with the names of their columns."""
    model, figures, difference = row.model, row.figures, row.difference
    low, high = row.intervals["mcc"] or (None, None)
    chance = "no interval" if low is None else f"{low:.3f} to {high:.3f}"
    less = (
        f"{difference.mcc:+.3f} <small>{escape(difference.verdict)}</small>" if difference else "–"
    )
    cells = {
        "Less the best free one": less,
        "Macro-F1": _figure(figures["macro_f1"]),
        "AUC": _figure(figures["roc_auc"]),
        "Size": f"{model.size_bytes / 1e6:,.1f} MB",
        "A message": f"{model.latency_p50_ms:,.1f} ms",
    }
    return (
        f'<tr role="row" data-role="{escape(model.role)}"><th role="rowheader" scope="row">'
        f'<span class="name">{escape(model.title)}</span><small>{escape(model.role)}</small></th>'
        f'<td role="cell" class="wide" data-title="MCC, 95 %">{_figure(figures["mcc"])} '
        f"<small>{chance}</small>{_bar(figures['mcc'], low, high)}</td>"
        + "".join(
            f'<td role="cell" data-title="{name}">{value}</td>' for name, value in cells.items()
        )
        + "</tr>"
    )


def _bar(mcc: float | None, low: float | None, high: float | None) -> str:
    """The MCC from 0 to 1 as a bar, with its interval as a line with ends; drawn, not read out."""
    share = max(0.0, mcc or 0.0) * 100
    chance = ""
    if low is not None and high is not None:
        left, right = max(0.0, low) * 100, max(0.0, high) * 100
        chance = (
            f'<path class="chance" d="M{left:.1f} 1V9M{right:.1f} 1V9M{left:.1f} 5H{right:.1f}"/>'
        )
    return (
        '<svg viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">'
        '<rect class="track" y="2.5" width="100" height="5"/>'
        f'<rect class="share" y="2.5" width="{share:.1f}" height="5"/>{chance}</svg>'
    )


def _figure(value: float | None) -> str:
    return "n/a" if value is None else f"{value:.3f}"


def _part(name: str) -> Template:
    return Template((PARTS / name).read_text("utf-8"))


def _refuse_other_content(destination: Path) -> None:
    """A folder is replaced only if it is an earlier page of ours, or empty."""
    if destination.is_dir() and any(destination.iterdir()):
        is_ours = all((destination / name).is_file() for name in ("index.html", *_COPIED))
        if is_ours:
            return
    elif not destination.exists() or destination.is_dir():
        return
    raise ConfigError(
        f"{destination} is there and is no earlier static page; choose another folder, or empty it"
    )
