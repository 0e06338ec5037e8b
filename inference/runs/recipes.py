"""The recipes of training that a run on the owner's page may start from."""

from pathlib import Path

from inference.core.yaml_values import read_yaml
from inference.data import formats

_ROOT = Path(__file__).resolve().parents[2]
_FOLDER = "training/recipes"
_OF_CHAT = "chat.yaml"  # read by another command, training.chat


def classifier_recipes() -> tuple[str, ...]:
    """The recipes of classifiers, by their paths below the project's folder."""
    paths = sorted((_ROOT / _FOLDER).glob("*.yaml"))
    return tuple(path.relative_to(_ROOT).as_posix() for path in paths if path.name != _OF_CHAT)


def column_names_of(path: Path, recipe: str | None) -> tuple[str, ...]:
    """What the recipe calls the columns of delimited text without a header."""
    if recipe is None or not formats.is_delimited(path):
        return ()
    return tuple(read_yaml(_ROOT / recipe).get("column_names", ()))
