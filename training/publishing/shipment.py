"""What publishing has to know of a kind of run: its files, its card, how what arrived is tried.

Owns that one dataclass; which kinds there are is the business of training/publish.py.

Try: python -m training.publish RUN_DIR --hub_model_id my-model
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from hub.client import Hub


@dataclass(frozen=True)
class Shipment:
    """A kind of run, for whoever publishes one.

    allowed: patterns of the only files that are sent. required: without these it is no finished
    run. weights: the file whose sha256 run.json has. command: the module that makes such runs.
    write_card: (folder, repo id, tag). replay: raises where what arrived answers otherwise.
    """

    allowed: tuple[str, ...]
    required: tuple[str, ...]
    weights: str
    command: str
    write_card: Callable[[Path, str, str], None]
    replay: Callable[[Path, Hub], None]
    kind: str | None = None
    """As run.json names it; None for classifiers, which came first."""
