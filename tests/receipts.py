"""Receipts of runs as training stores them, for the tests of what reads them."""

import json
from pathlib import Path
from typing import Any

STORED = Path(__file__).parent / "stored" / "before_floors"
"""What an earlier version wrote, see tests/test_stored.py."""


def receipt_json(**changes: object) -> dict[str, Any]:
    """The content of a run.json of three labels, with these keys changed."""
    stored: dict[str, Any] = json.loads((STORED / "run" / "run.json").read_text("utf-8"))
    return stored | changes


def data_json(*sources: dict[str, object], **parts: dict[str, int]) -> dict[str, Any]:
    """What a receipt says of the data: these files, and label counts by part."""
    data: dict[str, Any] = receipt_json()["data"]
    known = data["sources"][0]
    data["sources"] = [{**known, **source} for source in sources] or data["sources"]
    for name, counts in parts.items():
        data["splits"][name] |= {"label_counts": counts, "rows": sum(counts.values())}
    return data
