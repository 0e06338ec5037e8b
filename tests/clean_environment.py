"""An environment with what requirements.txt asks for and nothing else, run as an ordinary user.

Installing it anew takes minutes and gigabytes. What is linked here are the very distributions of
this environment that pip would install: the pinned ones and all that they need.
"""

import os
import subprocess
import sys
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement

PROJECT = Path(__file__).resolve().parents[1]
ORDINARY = 1000  # the user of the image


def make_environment(folder: Path, requirements: Path) -> Path:
    """A virtual environment of these requirements; its interpreter."""
    subprocess.run([interpreter(), "-m", "venv", "--without-pip", str(folder)], check=True)
    (packages,) = folder.glob("lib/python*/site-packages")
    scripts = {}
    for found in needed(requirements):
        tops = {path.parts[0] for path in found.files or () if path.parts[0] not in ("..", ".")}
        for top in tops - {"__pycache__"}:
            link = packages / top
            if not link.is_symlink():
                link.symlink_to(Path(str(found.locate_file(top))).resolve())
        scripts |= {
            point.name: point for point in found.entry_points if point.group == "console_scripts"
        }
    python = folder / "bin" / "python"
    streamlit = scripts["streamlit"]
    script = folder / "bin" / "streamlit"
    script.write_text(
        f"#!{python}\nimport sys\nfrom {streamlit.module} import {streamlit.attr}\n"
        f"sys.exit({streamlit.attr}())\n"
    )
    script.chmod(0o755)
    return python


def interpreter() -> Path:
    """A Python of this version that everybody may run, or else the one that runs the tests."""
    own = Path(sys.executable).resolve()
    of_the_system = Path(f"/usr/bin/python{sys.version_info.major}.{sys.version_info.minor}")
    return next((path for path in (own, of_the_system) if is_reachable(path)), own)


def is_reachable(path: Path) -> bool:
    """Whether any user may get to a file or folder and use it."""
    places = (path, *path.parents)
    return path.exists() and all(place.stat().st_mode & 0o005 == 0o005 for place in places)


def needed(requirements: Path) -> list[metadata.Distribution]:
    """The distributions of a requirements file and of all that they need in turn."""
    lines = [line.split("#")[0].strip() for line in requirements.read_text("utf-8").splitlines()]
    wanted = [Requirement(line) for line in lines if line]
    seen: dict[tuple[str, frozenset[str]], metadata.Distribution] = {}
    while wanted:
        requirement = wanted.pop()
        key = (requirement.name.lower(), frozenset(requirement.extras))
        if key in seen:
            continue
        seen[key] = found = metadata.distribution(requirement.name)
        assert found.version in requirement.specifier, f"{requirement}, but {found.version} is here"
        extras = [{"extra": extra} for extra in requirement.extras] or [{"extra": ""}]
        inner = [Requirement(line) for line in found.requires or ()]
        wanted += [
            one for one in inner if one.marker is None or any(map(one.marker.evaluate, extras))
        ]
    return list(seen.values())


def as_ordinary_user(*folders: Path) -> dict[str, object]:
    """Arguments for subprocess: the user of the image where root runs the tests.

    folders: what that user shall own. Where Python or this project is out of its reach, root stays.
    """
    if os.geteuid() != 0 or not (is_reachable(PROJECT) and is_reachable(interpreter())):
        return {}
    for folder in folders:
        for path in (folder, *folder.rglob("*")):
            os.chown(path, ORDINARY, ORDINARY, follow_symlinks=False)
    return {"user": ORDINARY, "group": ORDINARY, "extra_groups": []}
