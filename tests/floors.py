"""The floors of the house: which folder may import which; test_layers.py proves it."""

from pathlib import Path

ROOT = Path(__file__).parent.parent

# Who may import whom: a folder imports from the floors below its own, and from itself; folders of
# one floor do not know each other. "." are the files that lie in the folder itself.
FLOORS: dict[str, tuple[set[str], ...]] = {
    "": (
        {"hub"},
        {"inference"},
        {"training", "app_pages"},
        {"space_config", "app.py", "server.py"},
        {"benchmarks"},
    ),
    "hub": ({"."}, {"server"}),
    "inference": (
        {"core"},
        {"data"},
        {"models"},
        {"evaluation"},
        {"catalogue"},
        {"compare", "runs", "chat"},
        {"batch", "feedback"},
        {"jobs", "analysis", "api"},
    ),
    "training": (
        {"settings", "run"},
        {"data", "export"},
        {"trainer", "baselines"},
        {"report"},
        {"publishing", "doctor"},
        {"classifier", "chat_tuning"},
        {"tuning"},
        {"."},
    ),
    "app_pages": ({"shared"}, {"message", "file", "board", "owner", "conversation"}, {"."}),
    "space_config": ({"."},),
    "benchmarks": ({"peers"}, {"."}),
}

# The app starts training as a person would, by a command: it imports none of it.
NEVER = {"app_pages": "training", "app.py": "training", "server.py": "training"}

TOPS = {name for floor in FLOORS[""] for name in floor}

OURS = {name.removesuffix(".py") for name in TOPS}


def source_files() -> list[Path]:
    tops = [ROOT / name for floor in FLOORS[""] for name in floor]
    return sorted(path for top in tops for path in ([top] if top.is_file() else top.rglob("*.py")))
