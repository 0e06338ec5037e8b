"""Commands that a text names: which module each runs, with which flags, and what --help knows."""

import functools
import re
import shlex
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
# The last -m counts: `python -m torch.distributed.run --nproc_per_node 2 -m training.train`.
_MODULE = re.compile(r".*-m ([\w.]+)(.*)", re.DOTALL)
_OURS = ("hub", "inference", "training", "space_config", "benchmarks")


def module_of(command: str) -> str | None:
    """The module of this project that a command runs; None where it runs none."""
    found = _MODULE.match(command)
    return found[1] if found and found[1].split(".")[0] in _OURS else None


def flags_of(command: str) -> set[str]:
    """The flags that a command gives to the module that it runs."""
    found = _MODULE.match(command)
    words = shlex.split(found[2], comments=True) if found else []
    return {word.split("=")[0].strip("[]") for word in words if word.lstrip("[").startswith("--")}


@functools.cache
def help_of(module: str) -> str:
    command = [sys.executable, "-m", module, "--help"]
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=True).stdout


def unknown_flags(command: str) -> set[str]:
    """The flags that no --help names: that of the command's module, or of one it hands flags to."""
    module = module_of(command)
    if module is None:
        return set()
    known = help_of(module)
    known += "".join(map(help_of, set(re.findall(r"\btraining\.(?:train|chat)\b", known))))
    return {flag for flag in flags_of(command) if not re.search(rf"{re.escape(flag)}\b", known)}


def runs(module: str) -> bool:
    """Whether `python -m MODULE` does something: a package's __main__.py, or a file with a main."""
    path = ROOT.joinpath(*module.split("."))
    if (path / "__init__.py").is_file():
        return (path / "__main__.py").is_file()
    file = path.with_suffix(".py")
    return file.is_file() and '__name__ == "__main__"' in file.read_text("utf-8")
