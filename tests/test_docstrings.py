"""Docstrings of modules name what there is: files, modules, symbols, commands, flags."""

from pathlib import Path

import pytest

from tests.commands import ROOT
from tests.references import FILES, docstring_of, stale_in, wrong_commands_in, wrong_programs_in


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_what_a_docstring_names_exists(path: Path):
    stale = stale_in(docstring_of(path), path)
    assert not stale, f"{path.relative_to(ROOT)} names {stale}"


@pytest.mark.slow  # some commands take seconds to say what their flags are
@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_what_a_docstring_says_to_try_starts(path: Path):
    text = docstring_of(path)
    wrong = wrong_commands_in(text) + wrong_programs_in(text)
    assert not wrong, "\n".join([f"{path.relative_to(ROOT)}:", *wrong])


STALE = (
    "Reading is training/examples/data.py's.",
    "What is kept: training/learning.",
    "Whether it may is allowance.py's.",
    "Use hub.client.open_hub.",
)


@pytest.mark.parametrize("text", STALE)
def test_a_stale_name_is_found(text: str):
    assert stale_in(text, ROOT / "inference/api/access.py")


WRONG = (
    "Try: python -m pytest tests/hub",
    "Try: python -m training.trainer.loop",
    "Try: python -m inference.chat --modell OWNER/MODEL",
    'Try: python -c "from hub.client import open_hub"',
    'Try: python -c "from inference.models import bundle; bundle.open(1)"',
    'Try: python -c "print(\'{"a b": 1}\')"',
    'Try: python -c "print(1); \\ from',
)


@pytest.mark.parametrize("text", WRONG)
def test_a_command_that_would_not_start_is_found(text: str):
    assert wrong_commands_in(text) + wrong_programs_in(text)
