"""Whether the Space of a demo answers: its page, and predictions of every model on show.

make demo DEMO_ARGS=--check
"""

import json
import urllib.request
from typing import Any

from hub.errors import UserError

QUESTIONS = ("The crew was lovely and we landed early!", "Two hours late and nobody says why.")


def check_space(space_url: str) -> None:
    """Ask the running Space for predictions and print what it answers.

    Raises:
        UserError: a model on show does not answer.
    """
    with urllib.request.urlopen(space_url, timeout=30) as page:  # noqa: S310 (loopback)
        print(f"check: the page answers {page.status}, {len(page.read())} bytes")
    body = json.dumps({"texts": QUESTIONS}).encode()
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(f"{space_url}/api/classify", body, headers)  # noqa: S310
    with urllib.request.urlopen(request, timeout=120) as response:  # noqa: S310 (loopback)
        answer = json.load(response)
    _print_answer(answer)


def _print_answer(answer: dict[str, Any]) -> None:
    """One line a model and question, strongest label first."""
    if answer["failures"]:
        raise UserError(f"the Space answers, but not for every model: {answer['failures']}")
    for question, cells in zip(QUESTIONS, answer["results"], strict=True):
        print(f"check: {question}")
        for cell in cells:
            ranked = sorted(cell["scores"].items(), key=lambda pair: -pair[1])
            shown = ", ".join(f"{label} {score:.2f}" for label, score in ranked)
            print(f"         {cell['repo_id']:42} {shown}")
