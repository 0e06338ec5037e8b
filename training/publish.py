"""A finished run folder on the Hub, without training again: python -m training.publish RUN_DIR

Owns the command, and which kind of run a folder holds. How a run is published is
training/publishing/publish.py.

Try: python -m training.publish RUN_DIR --hub_model_id my-model --hub_private
"""

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from hub.client import Hub, Published
from hub.errors import HubError
from inference.core.errors import ConfigError, run_command
from inference.core.settings import load_settings
from inference.models.model_files import read_json
from training.chat_tuning.shipment import CHAT
from training.publishing.classifier_files import CLASSIFIER
from training.publishing.publish import publish_folder, read_receipt
from training.publishing.shipment import Shipment


def shipment_of(receipt: Mapping[str, Any]) -> Shipment:
    """The kind of run that this run.json tells of."""
    return CHAT if receipt.get("kind") == CHAT.kind else CLASSIFIER


def publish_run(
    run_dir: Path, repo_id: str, hub: Hub, *, private: bool = False, tag: str | None = None
) -> Published:
    """Publish a run folder of either kind, as publish() does."""
    receipt = run_dir / "run.json"
    shipment = shipment_of(read_json(receipt) if receipt.is_file() else {})
    return publish_folder(run_dir, repo_id, hub, shipment, private=private, tag=tag)


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
    if not (flags.run_dir / "run.json").is_file():
        raise ConfigError(f"{flags.run_dir} holds no run.json; give the output_dir of a run")
    config: Any = read_receipt(flags.run_dir)["config"]
    repo_id = flags.hub_model_id or config.get("hub_model_id")
    if not repo_id:
        raise ConfigError("the run names no repo; say where to publish with --hub_model_id NAME")
    try:
        published = publish_run(
            flags.run_dir,
            repo_id,
            load_settings().connect(),
            private=flags.hub_private or bool(config.get("hub_private")),
            tag=flags.hub_tag or config.get("hub_tag"),
        )
    except HubError as error:
        raise type(error)(f"{error} The run folder is as it was.") from error
    print(f"published {published.repo_id} at {published.sha}, tag {published.tag}: {published.url}")


if __name__ == "__main__":
    run_command(main)
