"""The README tells the truth: front matter, make targets, commands, flags, files, Python."""

import ast
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from huggingface_hub import SpaceCard

from inference.data import formats
from tests.inference.asked_api import asked

ROOT = Path(__file__).parent.parent
TEXT = (ROOT / "README.md").read_text("utf-8")
BASH = re.findall(r"```bash\n(.*?)```", TEXT, re.DOTALL)
LINES = [line for block in BASH for line in block.replace("\\\n", " ").splitlines() if line.strip()]
COMMANDS = [re.sub(r"\s+#.*", "", line).replace(".venv/bin/", "") for line in LINES]
MODULE = re.compile(r"python -m ([\w.]+)")


def help_of(module: str) -> str:
    command = [sys.executable, "-m", module, "--help"]
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=True).stdout


def test_the_front_matter_is_that_of_a_docker_space_on_the_port_of_the_image():
    data = SpaceCard.load(ROOT / "README.md").data.to_dict()
    assert (data["sdk"], data["app_port"]) == ("docker", 8501)
    assert f"EXPOSE {data['app_port']}" in (ROOT / "Dockerfile").read_text("utf-8")
    assert len(data["short_description"]) <= 60, "the Hub cuts it"


def test_every_make_command_is_a_target():
    targets = set(re.findall(r"^(\w+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    named = set(re.findall(r"\bmake (\w+)", "\n".join(COMMANDS))) | {"check"}
    assert named and named <= targets, named - targets
    assert COMMANDS[:2] == ["make demo", "make test"], "the two that come first"


@pytest.mark.parametrize("module", sorted(set(MODULE.findall("\n".join(COMMANDS)))))
def test_every_flag_of_a_command_is_in_its_help(module: str):
    lines = [line for line in COMMANDS if MODULE.findall(line) == [module]]
    flags = {word for line in lines for word in shlex.split(line) if word.startswith("--")}
    known = help_of(module)
    missing = {flag for flag in flags if not re.search(rf"{re.escape(flag)}\b", known)}
    assert not missing, f"python -m {module} has no {missing}"


def test_every_ending_of_a_file_of_texts_is_named():
    missing = {suffix for suffix in formats.SUFFIXES if f"`{suffix}`" not in TEXT}
    assert not missing and TEXT.count(formats.in_words()) == 3, missing


@pytest.mark.parametrize(
    "module",
    [
        *("inference.batch", "inference.compare", "training.chat"),
        *("training.doctor", "training.train"),
    ],
)
def test_a_command_that_takes_a_file_of_texts_says_of_which_formats(module: str):
    assert formats.in_words() in " ".join(help_of(module).split())


def test_every_path_that_is_named_exists():
    tree = re.search(r"```\n(app\.py.*?)```", TEXT, re.DOTALL)
    assert tree, "README.md has no map of the project"
    named, folder = set(), ""
    for line in tree[1].splitlines():
        indent, names = re.match(r"( *)(\S+(?: \S+)*)", line).groups()
        if not indent:
            folder = names
        if len(indent) <= 2:  # further in: a description goes on
            named |= {folder * bool(indent) + name for name in names.split()}
    named |= set(re.findall(r"`((?:training|space_config|tests|benchmarks)/[\w./]*)`", TEXT))
    missing = {name for name in named if not (ROOT / name).exists()}
    assert not missing, missing


def test_every_variable_of_the_environment_is_documented():
    source = (ROOT / "inference/core/settings.py").read_text("utf-8")
    read = set(re.findall(r'"((?:HF|SPACE|CPU|DEVICE)_?[A-Z_]*)"', source))
    missing = {name for name in read if f"`{name}`" not in TEXT}
    assert read and not missing, missing


def test_every_route_is_documented_and_every_documented_one_is_served():
    with asked() as client:
        served = {path.removeprefix("/") for path in client.get("openapi.json").json()["paths"]}
        assert client.get("docs").status_code == 200
    named = set(re.findall(r"/api/(\w+)", TEXT))
    assert named == served | {"docs"}, named ^ (served | {"docs"})


def test_the_python_of_the_readme_parses():
    for block in re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL):
        ast.parse(block)  # tests/test_journey.py runs it against the published model
