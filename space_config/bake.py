"""A model fetched ahead of time, as an image is built: the first answer then needs no download.

Fetches what the Space itself would fetch of a repo, in the form that it finds again without asking
the Hub. Needs the Hub's address and, for a private repo, a token: see inference/core/settings.py.

    python -m space_config.bake OWNER/MODEL --revision SHA
"""

import argparse

from inference.catalogue import opening
from inference.catalogue.catalogue import ModelEntry
from inference.core.errors import run_command
from inference.core.settings import load_settings
from inference.evaluation.leaderboard import FINE_TUNED


def main() -> None:
    """Fetch the files of one model into the cache of the environment."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("repo_id", metavar="OWNER/MODEL")
    parser.add_argument("--revision", default="main", help="a commit, so that it cannot move")
    flags = parser.parse_args()
    entry = ModelEntry(flags.repo_id, FINE_TUNED, revision=flags.revision)
    pinned, folder = opening.fetch(entry, load_settings().connect())
    size_mb = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1e6
    print(f"{pinned.repo_id} at {pinned.revision}: {size_mb:.1f} MB in {folder}")


if __name__ == "__main__":
    run_command(main)
