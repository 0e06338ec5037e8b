"""Publication: where the model of a run folder lies on the Hub, and how it comes on show.

    RUN_DIR/publication.json   the last one, written by whatever published it

Try: python -c "from pathlib import Path; from inference.runs import publication; \
print(publication.load(Path('runs/a')))"
"""

import json
from dataclasses import asdict
from pathlib import Path

import yaml

from hub.publishing import Published
from inference.core.atomic_write import write_whole
from inference.core.json_record import load_record
from inference.evaluation.leaderboard import FINE_TUNED

FILE_NAME = "publication.json"


def save(published: Published, run_dir: Path) -> None:
    """Keep what the Hub said of a publication."""
    write_whole(run_dir / FILE_NAME, json.dumps(asdict(published), indent=2))


def load(run_dir: Path) -> Published | None:
    """What is known of the last publication; None if there was none.

    Raises:
        DataError: the file is damaged.
    """
    path = run_dir / FILE_NAME
    if not path.is_file():
        return None
    return load_record(Published, path, what="damaged", remedy="publish the model again")


def entry(published: Published, title: str) -> str:
    """The lines for models.yaml of a catalogue, where the model is to be on show."""
    model = {
        "repo_id": published.repo_id,
        "revision": published.sha,
        "role": FINE_TUNED,
        "title": title,
    }
    return yaml.safe_dump([model], sort_keys=False, allow_unicode=True, width=100)
