"""Imports point down, and each heavy package has one door: read from the import statements."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

# A folder (or file of the top level) -> the folders of ours that it may import.
MAY_IMPORT = {
    "hub": {"hub"},
    "inference": {"inference", "hub"},
    "training": {"training", "inference", "hub"},
    "space_config": {"space_config", "training", "inference", "hub"},
    "app_pages": {"app_pages", "inference", "hub"},
    "app.py": {"app_pages", "inference", "hub"},
    "server.py": {"app_pages", "inference", "hub"},
    "benchmarks": {"benchmarks", "app_pages", "space_config", "training", "inference", "hub"},
}
OURS = {name.removesuffix(".py") for name in MAY_IMPORT} | {"tests"}

# A heavy package -> the only places that may import it.
DOORS = {
    # the second extends the library's CommitScheduler, which the first makes
    "huggingface_hub": ("hub/remote.py", "hub/sending.py"),
    "streamlit": ("app.py", "server.py", "app_pages/"),
    "accelerate": ("training/learning/processes.py", "training/learning/trackers.py"),
    # a classifier reads a text at once; a chat model keeps what it has read
    "onnxruntime": ("inference/onnx_engine.py", "inference/generation/onnx_decoder.py"),
    "evaluate": ("training/learning/evaluation.py",),
    "jsonargparse": ("training/command_line.py",),
    "matplotlib": (
        "training/reporting/canvas.py",
        "training/reporting/plots.py",
        "training/reporting/error_plots.py",
        "training/dialogues/plots.py",
    ),
    # classifiers are merged before they are saved; a chat model is published as its adapter
    "peft": ("training/learning/lora.py", "training/dialogues/adapters.py"),
    "cleanlab": ("training/doctor/suspects.py",),
    "datasketch": ("training/examples/duplicates.py",),
    # training searches; the page draws what a study's file tells, by Optuna's own pictures
    "optuna": (
        "training/searching/study.py",
        "training/searching/strategy.py",
        "app_pages/owner/study_plots.py",
    ),
    "fastapi": ("inference/serving/api_app.py", "inference/serving/api_doors.py"),
    "pydantic": ("inference/serving/api_schemas.py",),
    "ray": ("inference/bulk/on_ray.py",),
    "prometheus_client": ("inference/serving/api_traffic.py",),
}
# Allowed to use what they measure or compare with.
OUTSIDE_THE_HOUSE = ("benchmarks/", "tests/")


def source_files() -> list[Path]:
    places = [ROOT / name for name in MAY_IMPORT]
    files = [
        path for place in places for path in ([place] if place.is_file() else place.rglob("*.py"))
    ]
    return sorted(files)


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


@pytest.mark.parametrize("path", source_files(), ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_point_down_and_go_through_the_doors(path: Path):
    place = path.relative_to(ROOT).as_posix()
    folder = place.split("/", maxsplit=1)[0]
    packages = {name.split(".")[0] for name in imported_by(path)}
    upwards = (packages & OURS) - MAY_IMPORT[folder]
    assert not upwards, f"{place} imports {upwards}, which lie above or beside it"
    if not place.startswith(OUTSIDE_THE_HOUSE):
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


@pytest.mark.parametrize("command", ["config", "publish", "verify", "doctor", "tune"])
def test_a_command_that_trains_nothing_starts_without_torch(command: str):
    """Loading torch and transformers takes 5 to 8 seconds, which --help must not cost."""
    code = f"import sys, training.{command}; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"torch", "transformers"} & set(done.stdout.split())


def test_the_environment_is_read_in_one_file():
    readers = {
        path.relative_to(ROOT).as_posix()
        for path in source_files()
        if "os.environ" in path.read_text("utf-8") or "getenv" in path.read_text("utf-8")
    }
    # hub/ takes everything by parameter.
    assert readers <= {"inference/settings.py"}, readers


def test_every_door_still_guards_something():
    used = {name.split(".")[0] for path in source_files() for name in imported_by(path)}
    assert set(DOORS) <= used, f"no longer imported anywhere: {set(DOORS) - used}"
