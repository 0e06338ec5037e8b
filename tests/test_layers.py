"""Imports point down, floor by floor, and each heavy package has one door.

Read from the import statements, those inside functions and under TYPE_CHECKING included.
"""

import ast
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from tests.floors import FLOORS, NEVER, OURS, ROOT, TOPS, source_files

# A heavy package -> the only places that may import it.
DOORS = {
    # the second extends the library's CommitScheduler, which the first makes
    "huggingface_hub": ("hub/remote.py", "hub/sending.py"),
    "streamlit": ("app.py", "server.py", "app_pages/"),
    "accelerate": ("training/trainer/processes.py", "training/trainer/trackers.py"),
    # a classifier reads a text at once; a chat model keeps what it has read
    "onnxruntime": ("inference/models/onnx_engine.py", "inference/chat/onnx_decoder.py"),
    "evaluate": ("training/trainer/evaluation.py",),
    "matplotlib": (
        "training/report/canvas.py",
        "training/report/plots.py",
        "training/report/error_plots.py",
        "training/chat_tuning/plots.py",
    ),
    # classifiers are merged before they are saved; a chat model is published as its adapter
    "peft": ("training/trainer/lora.py", "training/chat_tuning/adapters.py"),
    "cleanlab": ("training/doctor/label_issues.py",),
    "datasketch": ("training/data/duplicates.py",),
    # training searches; the page draws what a study's file tells, by Optuna's own pictures
    "optuna": (
        "training/tuning/study.py",
        "training/tuning/strategy.py",
        "app_pages/owner/study_plots.py",
    ),
    "fastapi": ("inference/api/app.py", "inference/api/access.py"),
    "pydantic": ("inference/api/schemas.py", "training/settings/command_line.py"),
    "ray": ("inference/batch/ray_engine.py",),
    "prometheus_client": ("inference/api/traffic.py",),
}
# Allowed to use what they measure or compare with.
OUTSIDE_THE_HOUSE = ("benchmarks/",)


def room_of(parts: Sequence[str], inside: str) -> str:
    """The name, in FLOORS[inside], of the folder or file that a path or a dotted name leads to."""
    if not inside:
        return parts[0] if parts[0] in TOPS else f"{parts[0]}.py"
    return parts[1] if len(parts) > 1 and (ROOT / inside / parts[1]).is_dir() else "."


def floor_of(room: str, inside: str) -> int:
    floors = [place for place, floor in enumerate(FLOORS[inside]) if room in floor]
    assert len(floors) == 1, f"{inside or 'the project'}: {room} stands on {len(floors)} floors"
    return floors[0]


def imported_by(path: Path) -> set[str]:
    """The dotted names that a file imports, at the top or inside functions."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import of {node.module}"
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def is_ours(name: str) -> bool:
    return name.split(".")[0] in OURS


def arrows(path: Path) -> Iterator[tuple[str, str, str]]:
    """Each (folder, room, room) in which a file of the first room imports from the second."""
    parts = path.relative_to(ROOT).parts
    for name in filter(is_ours, imported_by(path)):
        there = name.split(".")
        yield "", room_of(parts, ""), room_of(there, "")
        if there[0] == parts[0]:
            yield parts[0], room_of(parts, parts[0]), room_of(there, parts[0])


@pytest.mark.parametrize("path", source_files(), ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_point_down(path: Path):
    for inside, here, there in arrows(path):
        is_down = here == there or floor_of(there, inside) < floor_of(here, inside)
        assert is_down, f"{path.relative_to(ROOT)} imports {inside}/{there}, which is not below it"
        assert NEVER.get(here) != there, f"{path.relative_to(ROOT)} imports {there}"


def test_every_folder_stands_on_a_floor():
    """A new folder is given its place, and a floor that is left empty goes."""
    for inside, floors in FLOORS.items():
        listed = {room for floor in floors for room in floor if room != "."}
        folders = [path.parent for path in (ROOT / inside).glob("*/__init__.py")]
        there = {folder.name for folder in folders} - {"tests"} | {
            name for name in listed if name.endswith(".py") and (ROOT / name).is_file()
        }
        assert listed == there, f"{inside or 'the project'}: {listed ^ there}"


@pytest.mark.parametrize("path", source_files(), ids=lambda path: str(path.relative_to(ROOT)))
def test_heavy_packages_enter_through_their_doors(path: Path):
    place = path.relative_to(ROOT).as_posix()
    packages = {name.split(".")[0] for name in imported_by(path)}
    if place.startswith(OUTSIDE_THE_HOUSE):
        return
    for package, doors in DOORS.items():
        assert package not in packages or place.startswith(doors), (
            f"{place} imports {package}; its door is {doors}"
        )


def test_torch_enters_inference_only_where_it_is_needed():
    # torch_decoder for chat models of families that the ONNX engine does not know, on demand too
    allowed = {"pretrained.py", "torch_engine.py", "torch_decoder.py", "encoder.py"}
    users = {
        path.name
        for path in (ROOT / "inference").rglob("*.py")
        if {"torch", "transformers"} & {name.split(".")[0] for name in imported_by(path)}
    }
    assert users <= allowed, f"torch or transformers in inference/{users - allowed}"


@pytest.mark.parametrize(
    "command",
    [
        *("training.settings.config", "training.publish", "training.verify", "training.doctor"),
        *("training.tune", "space_config.demo"),
    ],
)
def test_a_command_that_trains_nothing_starts_without_torch(command: str):
    """Loading torch and transformers takes 5 to 8 seconds, which --help must not cost."""
    code = f"import sys, {command}; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"torch", "transformers"} & set(done.stdout.split())


def test_the_environment_is_read_in_one_file():
    readers = {
        path.relative_to(ROOT).as_posix()
        for path in source_files()
        if "os.environ" in path.read_text("utf-8") or "getenv" in path.read_text("utf-8")
    }
    # hub/ takes everything by parameter.
    assert readers <= {"inference/core/settings.py"}, readers


def test_every_door_still_guards_something():
    used = {name.split(".")[0] for path in source_files() for name in imported_by(path)}
    assert set(DOORS) <= used, f"no longer imported anywhere: {set(DOORS) - used}"
