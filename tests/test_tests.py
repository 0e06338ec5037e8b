"""The tests themselves: what they share lies in modules of its own."""

import re
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
IMPORTED = re.compile(r"^\s*(?:from|import) +tests\.(?:\w+\.)*test_\w+.*", re.MULTILINE)


@pytest.mark.parametrize(
    "path", sorted(TESTS.rglob("*.py")), ids=lambda path: str(path.relative_to(TESTS))
)
def test_no_module_imports_a_test_module(path: Path):
    """Also not in the code of a process that a test starts; fixtures lie in a conftest.py."""
    assert not (found := IMPORTED.findall(path.read_text("utf-8"))), found
