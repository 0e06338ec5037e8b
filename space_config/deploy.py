"""A Space is shipped: checked here, then pushed in one commit; or written as a free static page.

    python -m space_config.deploy OWNER/SPACE --dry-run    # all checks, no push
    python -m space_config.deploy OWNER/SPACE
    python -m space_config.deploy --static DIR

Owns the order of things. What is pushed is stage.py's, what is checked preflight.py's, the static
page static_page.py's. The same works against huggingface.co and a Hub on this machine; a Docker
Space needs a paid plan to be created on the former, a static one does not.
"""

import argparse
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from hub.client import Hub, Published, validate_repo_id
from hub.errors import HubError
from inference.catalogue.catalogue import load_catalogues
from inference.core.errors import ConfigError, run_command
from inference.core.settings import Settings, load_settings
from inference.models.bundle import TFIDF_FILE
from space_config import preflight, static_page
from space_config.servers import end_on_sigterm
from space_config.stage import FOLDERS, lay_out, ready_catalogues

SKIPPABLE = ("requirements", "start")


def deploy(
    repo_id: str,
    source: Path,
    settings: Settings,
    *,
    is_private: bool = False,
    is_dry_run: bool = False,
    skip: Sequence[str] = (),
) -> Published | None:
    """Check the Space of the catalogue in `source` and push it; None after a dry run.

    skip: names of SKIPPABLE checks to leave out.

    Raises:
        UserError: a check fails, with nothing pushed; or the Hub refuses.
    """
    validate_repo_id(repo_id)
    hub = settings.connect()
    if not is_dry_run:
        repo_id = hub.check_write(repo_id, repo_type="space")
    with tempfile.TemporaryDirectory(prefix="deploy-") as scratch:
        ready = ready_catalogues(source, Path(scratch), hub, settings.threads)
        stage = Path(scratch) / "stage"
        lay_out(ready, stage)
        _check(stage, hub, skip)
        if is_dry_run:
            _list(stage)
            return None
        return _push(stage, repo_id, hub, is_private)


def write_static(source: Path, destination: Path, settings: Settings) -> None:
    """Write the static page of the catalogue in `source`, of the first of several.

    Raises:
        UserError: nothing is measured, the folder holds something else, or the Hub refuses.
    """
    hub = settings.connect()
    with tempfile.TemporaryDirectory(prefix="deploy-") as scratch:
        first, *others = ready_catalogues(source, Path(scratch), hub, settings.threads)
        if others:
            left_out = ", ".join(catalogue.name for catalogue in others)
            print(f"the page shows {first.name} alone; left out: {left_out}")
        answers = static_page.write(first, destination, hub)
    what = "measurements, and a baseline to ask" if answers else "measurements alone"
    print(f"{destination}: {what}")
    if not answers:
        print(f"no fine-tuned model on show was published with {TFIDF_FILE}; train it anew")
    print(f"look at it: python -m http.server --directory {destination}")


def _check(stage: Path, hub: Hub, skip: Sequence[str]) -> None:
    checks: dict[str, Callable[[], str]] = {
        "front matter": lambda: preflight.front_matter(stage),
        "models": lambda: preflight.revisions(stage, hub),
        "requirements": lambda: preflight.requirements(stage),
        "start": lambda: preflight.start(stage),
    }
    for name, check in checks.items():
        print(f"skipped  {name}" if name in skip else f"ok       {check()}", flush=True)


def _push(stage: Path, repo_id: str, hub: Hub, is_private: bool) -> Published:
    try:
        return hub.publish(
            stage,
            repo_id,
            message="Deploy " + ", ".join(_titles(stage)),
            private=is_private,
            repo_type="space",
            # files of an earlier deployment; what the owner keeps elsewhere in the repo stays
            delete_patterns=[*(f"{name}/" for name in FOLDERS), "docs/*.md"],
        )
    except HubError as error:
        if hub.exists(repo_id, repo_type="space"):
            raise
        raise type(error)(
            f"{error} The Space is not there yet, and creating a Docker Space on huggingface.co "
            "needs a paid plan: choose one, or write the free page with --static DIR."
        ) from error


def _titles(stage: Path) -> list[str]:
    shown = load_catalogues(stage / "space_config")
    return [catalogue.title for catalogue in shown.values()]


def _list(stage: Path) -> None:
    files = [path for path in sorted(stage.rglob("*")) if path.is_file()]
    for path in files:
        print(f"{path.stat().st_size:>10,}  {path.relative_to(stage)}")
    print(f"dry run: {len(files)} files would be pushed, nothing was")


def parse(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """The flags of the command.

    Raises:
        ConfigError: neither a Space nor a folder for a static page is named, or both.
    """
    parser = argparse.ArgumentParser(
        prog="python -m space_config.deploy",
        description="Check a Space and push it in one commit, or write it as a static page.",
    )
    parser.add_argument("repo_id", nargs="?", metavar="OWNER/SPACE", help="the Space to push to")
    parser.add_argument("--dry-run", action="store_true", help="check all, push nothing")
    parser.add_argument("--static", type=Path, metavar="DIR", help="write a static page to DIR")
    parser.add_argument(
        "--catalogue",
        type=Path,
        metavar="FOLDER",
        help="what is on show, prepared or not; SPACE_CATALOGUE unless given",
    )
    parser.add_argument("--private", action="store_true", help="for a Space that is created")
    parser.add_argument(
        "--skip",
        action="append",
        default=[],
        choices=SKIPPABLE,
        help="leave out a check that takes long; repeatable",
    )
    flags = parser.parse_args(argv)
    if (flags.repo_id is None) == (flags.static is None):
        raise ConfigError("name either a Space, as OWNER/SPACE, or a folder with --static DIR")
    return flags


def main() -> None:
    """Ship what the flags name with the Hub of the environment."""
    flags = parse()
    end_on_sigterm()
    settings = load_settings()
    source = flags.catalogue or settings.catalogue
    if flags.static is not None:
        write_static(source, flags.static, settings)
        return
    published = deploy(
        flags.repo_id,
        source,
        settings,
        is_private=flags.private,
        is_dry_run=flags.dry_run,
        skip=flags.skip,
    )
    if published is not None:
        print(f"pushed {published.sha[:12]} to {published.url}, which now builds the image")


if __name__ == "__main__":
    run_command(main)
