"""Environments of peers whose packages do not go with ours: made on demand, kept in the cache.

Owns .cache/peers/NAME, in which the packages of NAME.txt beside this file are installed. Nothing of
them comes into the project's own environment.

Try: python -c "from benchmarks.peers import environments; print(environments.CACHE)"
"""

import shutil
import subprocess
import sys
import venv
from pathlib import Path

from hub.errors import UserError

HERE = Path(__file__).parent
CACHE = HERE.parent.parent / ".cache" / "peers"
_STAMP = "installed.txt"  # what is installed; written last


def prepare(name: str, cache: Path = CACHE) -> Path:
    """The Python of an environment with the packages of NAME.txt, which are installed if need be.

    Raises:
        UserError: they cannot be installed.
    """
    requirements = HERE / f"{name}.txt"
    folder = cache / name
    python, stamp = folder / "bin" / "python", folder / _STAMP
    wanted = requirements.read_text("utf-8")
    if stamp.is_file() and stamp.read_text("utf-8") == wanted:
        return python
    shutil.rmtree(folder, ignore_errors=True)  # of other versions, or half made
    venv.create(folder, with_pip=False)
    command = [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet"]
    command += ["--disable-pip-version-check", "--requirement", str(requirements)]
    print(f"installing the packages of {requirements.name} into {folder}", file=sys.stderr)
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        reason = (done.stderr.strip().splitlines() or ["pip said nothing"])[-1]
        raise UserError(f"{requirements.name} cannot be installed: {reason}")
    stamp.write_text(wanted, "utf-8")
    return python
