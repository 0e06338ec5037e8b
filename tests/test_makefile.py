"""The Makefile: every target says what it is for, and CONTRIBUTING.md tells when to use it."""

import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).parent.parent
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text("utf-8")


def make(*arguments: str) -> str:
    done = subprocess.run(["make", *arguments], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def targets() -> set[str]:
    """What a person may ask for: all but the stamps of the environment."""
    lines = (ROOT / "Makefile").read_text("utf-8").splitlines()
    return {line.split(":")[0] for line in lines if re.match(r"[a-z]+:(?!=)", line)}


def test_every_target_is_in_the_list_of_make_help():
    listed = dict(re.findall(r"^make (\w+) +(\S.*)$", make("help"), re.MULTILINE))
    assert len(listed) > 8 and set(listed) == targets(), set(listed) ^ targets()


def test_every_target_is_in_contributing_and_every_one_there_exists():
    named = set(re.findall(r"(?:`|^)make (\w+)", CONTRIBUTING, re.MULTILINE))
    assert named == targets(), named ^ targets()


def test_no_target_is_taken_for_a_file_of_its_name():
    (phony,) = re.findall(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    assert set(phony.split()) == targets(), set(phony.split()) ^ targets()


def test_quick_comes_first_and_is_short_to_read():
    assert re.findall(r"`make \w+`", CONTRIBUTING)[0] == "`make quick`"
    assert len(CONTRIBUTING.splitlines()) <= 80
