"""The tests themselves: what they share lies in modules of its own, and what is slow is known."""

import re
from pathlib import Path

import pytest

from tests.conftest import COSTLY, LONGEST

TESTS = Path(__file__).parent
FILES = sorted(TESTS.rglob("*.py"))
IMPORTED = re.compile(r"^\s*(?:from|import) +tests\.(?:\w+\.)*test_\w+.*", re.MULTILINE)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(TESTS)))
def test_no_module_imports_a_test_module(path: Path):
    """Also not in the code of a process that a test starts; fixtures lie in a conftest.py."""
    assert not (found := IMPORTED.findall(path.read_text("utf-8"))), found


def test_every_file_that_is_started_first_exists_and_is_the_only_one_of_its_name():
    names = [path.name for path in FILES]
    assert {name: names.count(name) for name in LONGEST} == dict.fromkeys(LONGEST, 1)


def test_every_costly_fixture_exists():
    sources = "\n".join(path.read_text("utf-8") for path in FILES)
    missing = {name for name in COSTLY if f"\ndef {name}(" not in sources}
    assert not missing, missing
