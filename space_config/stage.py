"""The files of a Space, laid out in a folder as they are pushed: program, catalogue, baked model.

Owns which files of this project a Space needs and how the catalogue comes among them; what must
hold before a push is preflight.py, the push deploy.py.

Try: python -m space_config.deploy OWNER/SPACE --dry-run
"""

import re
import shutil
from collections.abc import Sequence
from pathlib import Path

from hub.client import Hub
from inference.catalogue.catalogue import MODELS_FILE, Catalogue, load_catalogue, load_catalogues
from inference.chat import chat_catalogue
from inference.chat.chat_catalogue import ChatCatalogue
from inference.core.errors import ConfigError
from inference.evaluation.leaderboard import FINE_TUNED
from space_config.prepare import WRITTEN, prepare_catalogue

PROJECT = Path(__file__).parent.parent
DOCKERFILE = "Dockerfile"
FOLDERS = ("app_pages", "hub", "inference", "space_config")
_FILES = (
    "README.md",
    # what README leads to, beside the pages of docs/
    "CONTRIBUTING.md",
    "CHANGELOG.md",
    "benchmarks/LOG.md",
    DOCKERFILE,
    ".dockerignore",
    ".streamlit/config.toml",
    "requirements.txt",
    "app.py",
    "server.py",
)


def ready_catalogues(source: Path, scratch: Path, hub: Hub, threads: int = 0) -> tuple[Path, ...]:
    """The catalogue in a folder, or each in the folders in it, pinned and with its first paint.

    One that has both is taken as it is; another is made ready in `scratch`.

    Raises:
        ConfigError: no catalogue is found, or one cannot be used.
        HubError: a model on show is not on the Hub. ModelError: one cannot be loaded.
    """
    loaded = load_catalogues(source)
    ready = []
    for name, catalogue in loaded.items():
        folder = source if (source / MODELS_FILE).is_file() else source / name
        if not _is_ready(catalogue, chat_catalogue.load(folder)):
            print(f"preparing {folder}: every model answers the example messages", flush=True)
            prepare_catalogue(folder, scratch / name, hub, threads)
            folder = scratch / name
        ready.append(folder)
    return tuple(ready)


def lay_out(ready: Sequence[Path], stage: Path) -> None:
    """Fill an empty folder with all that the Space is built from.

    One catalogue takes the place of space_config's own; each of several gets a folder there.

    Raises:
        ConfigError: a file of this project is missing.
    """
    for name in (*_FILES, *FOLDERS):
        if not (PROJECT / name).exists():
            raise ConfigError(f"{PROJECT / name} is missing; deploy from a whole checkout")
    for name in _FILES:
        (stage / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(PROJECT / name, stage / name)
    for name in FOLDERS:
        shutil.copytree(PROJECT / name, stage / name, ignore=_ignored)
    (stage / "docs").mkdir()  # the pages that README names, without their pictures
    for page in sorted((PROJECT / "docs").glob("*.md")):
        shutil.copyfile(page, stage / "docs" / page.name)
    for folder in ready:
        shown = stage / "space_config"
        _copy_catalogue(folder, shown if len(ready) == 1 else shown / folder.name)
    _bake(stage / DOCKERFILE, load_catalogue(ready[0]))


def _is_ready(catalogue: Catalogue, talk: ChatCatalogue | None) -> bool:
    entries = [*catalogue.models, *((talk.base, talk.tuned) if talk else ())]
    is_pinned = all(entry.revision is not None for entry in entries)
    return is_pinned and catalogue.first_paint is not None


def _bake(dockerfile: Path, catalogue: Catalogue) -> None:
    """Name the first fine-tuned model, at its commit, as the one to be baked into the image."""
    for entry in catalogue.models:
        if entry.role == FINE_TUNED:
            text = dockerfile.read_text("utf-8")
            for name, value in (("MODEL_ID", entry.repo_id), ("MODEL_REVISION", entry.revision)):
                text = re.sub(rf"^ARG {name}=.*$", f"ARG {name}={value}", text, flags=re.MULTILINE)
            dockerfile.write_text(text, "utf-8")
            return


def _copy_catalogue(folder: Path, shown: Path) -> None:
    for name in WRITTEN:
        if (folder / name).is_dir():
            shutil.copytree(folder / name, shown / name)
        elif (folder / name).is_file():
            shown.mkdir(exist_ok=True)
            shutil.copyfile(folder / name, shown / name)


def _ignored(folder: str, names: list[str]) -> set[str]:
    """What of the program's folders stays here: caches, and the catalogues of this machine."""
    local = (*WRITTEN, "demo") if Path(folder) == PROJECT / "space_config" else ()
    return {
        name for name in names if name == "__pycache__" or name.startswith(".") or name in local
    }
