"""Under which licence each model on show may be used, as its card says; stored with the catalogue.

Owns licences.json and the reading of a card's front matter. That a card says so is all that is
known: nobody has checked it.

Try: python -c "from inference.catalogue.licences import of_card; \
print(of_card(open('README.md').read()))"
"""

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from hub.client import Hub
from hub.errors import NotFound
from inference.catalogue.catalogue import ModelEntry
from inference.core.atomic_write import write_whole
from inference.core.errors import DataError

FILE_NAME = "licences.json"
_CARD = "README.md"
_FRONT_MATTER = re.compile(r"---\r?\n(.*?)\r?\n---\s", re.DOTALL)


def gather(entries: Sequence[ModelEntry], hub: Hub) -> dict[str, str]:
    """Repo id -> licence, for those models whose card names one.

    Raises:
        HubError: the Hub does not answer, or does not show a repo.
    """
    licences: dict[str, str] = {}
    for entry in entries:
        try:
            snapshot = hub.resolve(entry.repo_id, entry.revision or "main", allow_patterns=[_CARD])
        except NotFound:
            continue
        if licence := of_card((snapshot.folder / _CARD).read_text("utf-8", errors="replace")):
            licences[entry.repo_id] = licence
    return licences


def of_card(card: str) -> str:
    """The licence in a card's front matter, its name before "other"; "" for none."""
    match = _FRONT_MATTER.match(card)
    try:
        facts: Any = yaml.safe_load(match[1]) if match else None
    except yaml.YAMLError:
        return ""
    if not isinstance(facts, dict):
        return ""
    licence = facts.get("license")
    if licence in (None, "other"):
        licence = facts.get("license_name") or licence
    if isinstance(licence, list):
        return ", ".join(map(str, licence))
    return str(licence or "")


def save(licences: Mapping[str, str], folder: Path) -> None:
    """Write licences.json into a catalogue's folder."""
    content = json.dumps(dict(licences), indent=1, ensure_ascii=False)
    write_whole(folder / FILE_NAME, content + "\n")


def load(folder: Path) -> dict[str, str]:
    """What save() wrote; empty where nothing is stored.

    Raises:
        DataError: the file holds something else.
    """
    path = folder / FILE_NAME
    if not path.is_file():
        return {}
    try:
        return {
            str(repo_id): str(licence) for repo_id, licence in json.loads(path.read_bytes()).items()
        }
    except (ValueError, AttributeError) as error:
        raise DataError(f"{path} is not what was stored ({error}); prepare it again") from None
