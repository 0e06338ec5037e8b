"""Run folder -> repo on the Hub: one commit, fetched back and replayed, then a tag.

Owns the order, the tag, and the check that what arrived answers as what was sent. What may leave
this machine is classifier_files.py and, for chat, chat_tuning/shipment.py. How files travel is
hub/client.py. The run folder is changed only at the end, and only in its card; after any failure
the same command carries on, without training again.
"""

import filecmp
import json
import re
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hub.client import Hub, Published
from hub.errors import CorruptDownload, UserError
from hub.repo_ids import validate_tag
from inference.core.errors import ModelError
from inference.models.model_files import read_json
from inference.models.receipt import RECEIPT_FILE, load_asked, load_receipt
from inference.runs import publication
from inference.runs.contract import Stage
from training.publishing.shipment import Shipment
from training.report import card
from training.run.receipt import PATHS, Places, without_folders
from training.run.run_folder import RunFolder, sha256_of
from training.settings.publish_config import PublishConfig

_NUMBERED = re.compile(r"v([1-9]\d*)")


def publish_folder(
    run_dir: Path,
    repo_id: str,
    hub: Hub,
    shipment: Shipment,
    *,
    private: bool = False,
    tag: str | None = None,
) -> Published:
    """Publish a run folder; a folder that is there already makes no new commit.

    shipment: what of this kind of run is published, and how what arrived is tried.
    private: for a new repo; an existing public one is then refused.
    tag: a name for the commit; the next free of v1, v2, ... unless given.

    Raises:
        ModelError: the run folder is not whole, or what was fetched back answers otherwise.
        HubError: the Hub refused or did not answer; the same call again carries on. The tag is
            none: nothing was sent.
    """
    if tag is not None:
        validate_tag(tag)
    _check(run_dir, shipment)
    full_id = hub.check_write(repo_id)
    taken = hub.tags(full_id) if hub.exists(full_id) else {}
    message = f"Publish the model of {run_dir.resolve().name}"
    with tempfile.TemporaryDirectory(prefix="publish-") as scratch:
        stage = Path(scratch) / "repo"
        chosen = tag or _choose_tag(run_dir, shipment, full_id, hub, taken, stage)
        _stage(run_dir, shipment, full_id, chosen, stage)
        # a tag that is taken is refused before anything is sent; a new one waits for the replay
        first = hub.publish(
            stage,
            full_id,
            message=message,
            private=private,
            tag=chosen if chosen in taken else None,
            delete_patterns=shipment.allowed,
        )
        _fetch_back(hub, first, shipment, stage, Path(scratch) / "cache")
        published = hub.publish(
            stage,
            full_id,
            message=message,
            private=private,
            tag=chosen,
            delete_patterns=shipment.allowed,
        )
        card.save_card((stage / card.FILE_NAME).read_text("utf-8"), run_dir)
    publication.save(published, run_dir)
    return published


def _check(run_dir: Path, shipment: Shipment) -> None:
    missing = [name for name in shipment.required if not (run_dir / name).is_file()]
    if missing:
        raise ModelError(
            f"{run_dir} is no finished run: {', '.join(missing)} is missing. Finish it with "
            f"python -m {shipment.command} --config {run_dir}/run.json, or name another folder."
        )
    receipt = load_receipt(run_dir)
    load_asked(PublishConfig, run_dir)
    load_asked(Places, run_dir)
    recorded: dict[str, object] = {**(receipt.export.sha256 if receipt.export else {})}
    recorded[shipment.weights] = receipt.weights_sha256
    for name, expected in recorded.items():
        seen = sha256_of(run_dir / name) if (run_dir / name).is_file() else "missing"
        if seen != expected:
            raise ModelError(
                f"{run_dir / name} is not the file that run.json tells of (sha256 {seen}, expected "
                f"{expected}), so its results would be another model's. Train again."
            )


def _stage(run_dir: Path, shipment: Shipment, repo_id: str, tag: str, stage: Path) -> None:
    """Lay out the repo in a folder of its own: allowed files, portable run.json, card."""
    shutil.rmtree(stage, ignore_errors=True)
    for path in (path for pattern in shipment.allowed for path in run_dir.glob(pattern)):
        copy = stage / path.relative_to(run_dir)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(path, copy)
    receipt = read_json(stage / RECEIPT_FILE)
    config: Any = receipt["config"]
    # where the files lie on this machine is nobody's business
    receipt["config"] = {
        name: without_folders(value) if name in PATHS and _is_of_this_machine(value) else value
        for name, value in config.items()
    }
    text = json.dumps(receipt, indent=2, ensure_ascii=False)
    (stage / RECEIPT_FILE).write_text(text + "\n", encoding="utf-8")
    shipment.write_card(stage, repo_id, tag)


def _is_of_this_machine(value: Any) -> bool:
    """Whether this is a path from the root, or several paths."""
    return bool(value) and (isinstance(value, list) or Path(value).is_absolute())


def _choose_tag(
    run_dir: Path,
    shipment: Shipment,
    repo_id: str,
    hub: Hub,
    taken: Mapping[str, str],
    stage: Path,
) -> str:
    """The latest numbered tag if it names this very run, else the next number."""
    numbers = [int(match[1]) for name in taken if (match := _NUMBERED.fullmatch(name))]
    latest = max(numbers, default=0)
    if latest:
        _stage(run_dir, shipment, repo_id, f"v{latest}", stage)
        # run.json holds the sha256 of the weights, README.md the tag
        names = ("README.md", RECEIPT_FILE)
        there = hub.resolve(repo_id, taken[f"v{latest}"], allow_patterns=names).folder
        same = filecmp.cmpfiles(stage, there, names, shallow=False)[0]
        if len(same) == len(names):
            return f"v{latest}"
    return f"v{latest + 1}"


def _fetch_back(
    hub: Hub, published: Published, shipment: Shipment, stage: Path, cache_dir: Path
) -> None:
    """Download the commit into an empty cache, compare every file, replay the golden texts.

    Raises:
        CorruptDownload: a file is not what was sent.
        ModelError: the model that arrived gives other logits.
    """
    fetched = hub.with_cache(cache_dir).resolve(published.repo_id, published.sha).folder
    sent = [path.relative_to(stage).as_posix() for path in stage.rglob("*") if path.is_file()]
    _, changed, missing = filecmp.cmpfiles(stage, fetched, sent, shallow=False)
    if changed or missing:
        raise CorruptDownload(
            f"{published.repo_id} at {published.sha[:12]} is not what was sent: "
            f"{', '.join(changed + missing)} differs or is missing. It was not tagged; run the "
            "same command again."
        )
    shipment.replay(fetched, hub)


def publish_once(
    run: RunFolder, repo_id: str, config: PublishConfig, hub: Hub, shipment: Shipment, what: str
) -> str:
    """Publish a run as its last stage, unless it is there as it stands; the commit's sha.

    what: what is safe on this machine when it fails ("model", "adapter").

    Raises:
        UserError: as publish(), with the command that does it again.
    """
    content = sha256_of(run.path / RECEIPT_FILE)  # which holds the weights' sha256
    key = [hub.endpoint, repo_id, config.hub_private, config.hub_tag, content]
    done = run.find(Stage.PUBLISH, key)
    if done is None or not hub.exists(repo_id, str(done["sha"])):
        print(f"publishing {repo_id}", flush=True)
        try:
            published = publish_folder(
                run.path, repo_id, hub, shipment, private=config.hub_private, tag=config.hub_tag
            )
        except UserError as error:
            again = f"python -m training.publish {run.path} --hub_model_id {repo_id}"
            raise type(error)(f"{error} (the {what} is safe; to publish it: {again})") from error
        done = {"sha": published.sha, "url": published.url}
        run.record(Stage.PUBLISH, key, done)
    print(f"published {repo_id} at {done['sha']}: {done['url']}", flush=True)
    return str(done["sha"])
