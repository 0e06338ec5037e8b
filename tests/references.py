"""What a text names: files, modules, symbols, commands, flags; and which do not exist."""

import ast
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

from tests.commands import ROOT, module_of, runs, unknown_flags
from tests.floors import OURS, source_files

FILES = source_files()
TESTS = sorted((ROOT / "tests").rglob("*.py"))
_TOPS = "|".join(sorted(name for name in {*OURS, "tests"} if (ROOT / name).is_dir()))
# training/data/, hub/server/routes_*.py; not demo/training/x, which is somebody's repo
PATH = re.compile(rf"(?<![\w./-])(?:{_TOPS})/[\w./*-]*")
PYTHON_FILE = re.compile(r"(?<![\w./-])(?:[\w*]+/)*[\w*]+\.py\b")
DOTTED = re.compile(rf"(?<![\w./-])(?:{_TOPS})(?:\.\w+)+")
COMMAND = re.compile(r"python -m .*")
TRY = re.compile(r"^(?:.* )?Try: (.*(?:\n[^\n]+)*)", re.MULTILINE)


def docstring_of(path: Path) -> str:
    return ast.get_docstring(ast.parse(path.read_text("utf-8"))) or ""


def top_names(file: Path) -> set[str]:
    """The names that a module defines or imports at its top."""
    names: set[str] = set()
    for node in ast.parse(file.read_text("utf-8")).body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            names |= {alias.asname or alias.name for alias in node.names}
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            names |= {one.id for one in ast.walk(node) if isinstance(one, ast.Name)}
    return names


def exists(dotted: str) -> bool:
    """Whether a dotted name leads to a folder, a module, or what a module defines at its top."""
    place = ROOT
    names = dotted.split(".")
    for at, name in enumerate(names):
        file = place / f"{name}.py"
        if file.is_file():
            return at + 1 == len(names) or names[at + 1] in top_names(file)
        place = place / name
        if not place.is_dir():
            return False
    return True


def is_there(name: str, path: Path) -> bool:
    """Whether who reads a docstring can find the .py file that it names.

    A name without a folder is a file beside this one or above it, or the only one of that name
    under the same top folder; a name with folders may begin at any folder.
    """
    if any(list(folder.glob(name)) for folder in path.parents if folder.is_relative_to(ROOT)):
        return True
    top = ROOT / path.relative_to(ROOT).parts[0]
    others = [*top.rglob("*.py")] if "/" not in name and top.is_dir() else [*FILES, *TESTS]
    return sum(other.match(name) for other in others) == 1


def stale_in(text: str, path: Path) -> list[str]:
    """What a docstring names and does not exist."""
    paths = {found.rstrip(".-") for found in PATH.findall(text)}
    stale = [name for name in paths if not name.endswith(".py") and not list(ROOT.glob(name))]
    stale += [name for name in set(PYTHON_FILE.findall(text)) if not is_there(name, path)]
    stale += [name for name in set(DOTTED.findall(text)) if not exists(name)]
    return sorted(stale)


def commands_in(text: str) -> Iterator[str]:
    """The commands on a docstring's lines, without what a comment says of them."""
    for line in COMMAND.findall(text):
        yield re.split(r"`| +#", line)[0].rstrip(" .,:;|")


def wrong_commands_in(text: str) -> list[str]:
    """The commands of a docstring that would not start."""
    wrong = []
    for command in commands_in(text):
        module = module_of(command)
        if "-m pytest" in command:
            wrong.append(f"{command}: a test run shows nothing")
        elif module and not runs(module):
            wrong.append(f"{command}: {module} has no main")
        elif module:
            wrong += [f"{command}: no {flag}" for flag in unknown_flags(command)]
    return wrong


def missing_names(code: str) -> set[str]:
    """What a program takes from this project and does not exist.

    Raises:
        SyntaxError: it is no program.
    """
    named: dict[str, str] = {}  # as the program calls it -> what it stands for
    nodes = list(ast.walk(ast.parse(code)))
    for node in nodes:
        if isinstance(node, ast.ImportFrom):
            for alias in node.names:
                named[alias.asname or alias.name] = f"{node.module}.{alias.name}"
        elif isinstance(node, ast.Import):
            named |= {alias.asname or alias.name: alias.name for alias in node.names}
    used = {
        f"{named[node.value.id]}.{node.attr}"
        for node in nodes
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id in named
    }
    ours = {name for name in {*named.values(), *used} if name.split(".")[0] in OURS}
    return {name for name in ours if not exists(name)}


def wrong_programs_in(text: str) -> list[str]:
    """What is wrong with the programs of `Try: python -c "..."`."""
    wrong = []
    for line in TRY.findall(text):
        if not line.startswith("python -c"):
            continue
        try:
            code = shlex.split(line, comments=True)[2]
            wrong += [f"{line}: no {name}" for name in missing_names(code)]
        except (SyntaxError, ValueError) as error:
            wrong.append(f"{line}: {error}")
    return wrong
