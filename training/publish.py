"""A finished run folder on the Hub, without training again: python -m training.publish RUN_DIR

Owns the command, and which kind of run a folder holds. How a run is published is
training/publishing/publish.py.

Try: python -m training.publish RUN_DIR --hub_model_id my-model --hub_private
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

from hub.client import Hub, Published
from hub.errors import HubError
from inference.core.errors import ConfigError, run_command
from inference.core.settings import load_settings
from inference.models.receipt import RECEIPT_FILE, load_asked, load_kind
from training.chat_tuning.shipment import CHAT
from training.publishing.classifier_files import CLASSIFIER
from training.publishing.publish import publish_folder
from training.publishing.shipment import Shipment
from training.settings.publish_config import PublishConfig


def shipment_of(kind: str | None) -> Shipment:
    """What publishing has to know of a kind of run, as run.json names it."""
    return CHAT if kind == CHAT.kind else CLASSIFIER


def publish_run(
    run_dir: Path, repo_id: str, hub: Hub, *, private: bool = False, tag: str | None = None
) -> Published:
    """Publish a run folder of either kind, as publish() does."""
    kind = load_kind(run_dir) if (run_dir / RECEIPT_FILE).is_file() else None
    return publish_folder(run_dir, repo_id, hub, shipment_of(kind), private=private, tag=tag)


def parse(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """The flags of the command."""
    parser = argparse.ArgumentParser(
        prog="python -m training.publish",
        description="Publish a finished run folder, without training again.",
    )
    parser.add_argument("run_dir", type=Path, help="output_dir of the run")
    parser.add_argument("--hub_model_id", help="repo to publish to; that of the run unless given")
    parser.add_argument(
        "--hub_private", action="store_true", help="make the repo private when it is created"
    )
    parser.add_argument("--hub_tag", help="tag of the commit; the next of v1, v2, ... unless given")
    return parser.parse_args(argv)


def main() -> None:
    """The command line: HF_ENDPOINT and HF_TOKEN say where and who."""
    flags = parse()
    if not (flags.run_dir / RECEIPT_FILE).is_file():
        raise ConfigError(f"{flags.run_dir} holds no run.json; give the output_dir of a run")
    asked = load_asked(PublishConfig, flags.run_dir)
    repo_id = flags.hub_model_id or asked.hub_model_id
    if not repo_id:
        raise ConfigError("the run names no repo; say where to publish with --hub_model_id NAME")
    try:
        published = publish_run(
            flags.run_dir,
            repo_id,
            load_settings().connect(),
            private=flags.hub_private or asked.hub_private,
            tag=flags.hub_tag or asked.hub_tag,
        )
    except HubError as error:
        raise type(error)(f"{error} The run folder is as it was.") from error
    print(f"published {published.repo_id} at {published.sha}, tag {published.tag}: {published.url}")


if __name__ == "__main__":
    run_command(main)
