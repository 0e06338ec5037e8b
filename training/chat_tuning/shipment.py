"""What of a chat run is published: adapter, tokenizer, how to speak to it, figures; never a text.

Owns that list. Sending is training/publishing/publish.py, the replay golden.py, which loads torch:
so it is imported when it is needed.

Try: python -m training.publish runs/chat --hub_model_id my-chat
"""

from pathlib import Path

from hub.client import Hub
from training.publishing.shipment import Shipment


def _write_card(folder: Path, repo_id: str, tag: str) -> None:
    from training.chat_tuning import card

    card.write_card(folder, repo_id, tag)


def _replay(folder: Path, hub: Hub) -> None:
    from training.chat_tuning import golden

    golden.replay(folder, hub)


CHAT = Shipment(
    allowed=(
        "README.md",
        "adapter_config.json",
        "adapter_model.safetensors",
        "chat.json",
        "chat_template.jinja",
        "generation_config.json",
        "tokenizer.json",
        "tokenizer_config.json",
        "run.json",
        "metrics.jsonl",
        # merged weights, where they were asked for
        "config.json",
        "model.safetensors",
        "results/golden.json",
        "results/held_out.json",
        "results/report.json",
        "results/splits.json",
        "results/plots/*.png",
    ),
    required=(
        "adapter_config.json",
        "adapter_model.safetensors",
        "chat.json",
        "tokenizer.json",
        "run.json",
        "results/golden.json",
        "results/report.json",
    ),
    weights="adapter_model.safetensors",
    command="training.chat",
    write_card=_write_card,
    replay=_replay,
    kind="chat",
)
