"""What is measured with: real labelled texts, and the model and the Space of a finished demo.

Owns the flags that all benchmarks share and where these things lie; `make bench` makes a demo
first. Without --data the texts are the demo's tweets.

    python -c "from benchmarks import material; print(material.Demo(material.DEMO).run)"
"""

import argparse
import random
from dataclasses import dataclass, replace
from pathlib import Path

from hub.errors import UserError
from inference.core import settings
from inference.data import records
from inference.data.records import Records
from inference.data.schema import Schema
from space_config import packages
from space_config.servers import HOST

PROJECT = Path(__file__).parent.parent
DEMO = PROJECT / ".demo"
# The data set of --data that is measured with: the one of which published figures are known.
_DATA = "tweet_eval_emotion/train.csv", "label_name"
_NOBODY = f"http://{HOST}:9"  # the discard port: what is measured is in the cache


def parser(description: str | None, *, rounds: int = 3) -> argparse.ArgumentParser:
    """The flags that every benchmark has; description: the docstring of its module."""
    made = argparse.ArgumentParser(description=(description or "").split("\n\n")[0])
    made.add_argument(
        "--data", type=Path, help="folder of data sets with tweet_eval_emotion; the demo's tweets"
    )
    made.add_argument("--json", action="store_true", help="print the JSON lines alone")
    made.add_argument("--rounds", type=int, default=rounds, help="of each measurement, in turn")
    made.add_argument("--demo", type=Path, default=DEMO, help="folder of a finished make demo")
    return made


def labelled(data: Path | None) -> tuple[str, Records]:
    """A name and the labelled texts, in a seeded order, as a file may be sorted."""
    if data is None:
        name, path, label = "tweets", packages.fetch(packages.TWEETS), "sentiment"
    else:
        file, label = _DATA
        name, path = file.split("/")[0], data / file
    corpus = records.read(path, Schema(("text",), (label,)))
    mixed = random.Random(0).sample(corpus.examples, len(corpus.examples))
    return name, replace(corpus, examples=tuple(mixed))


@dataclass(frozen=True)
class Demo:
    """The folder that `make demo` fills.

    Raises, when asked for a part that is not there:
        UserError: it says how to make it.
    """

    root: Path

    @property
    def run(self) -> Path:
        """The run folder of its fine-tuned model, the newest where there are several."""
        onnx_folders = sorted(self.root.glob("runs/*/onnx"), key=lambda path: path.stat().st_mtime)
        return self._there(onnx_folders[-1].parent if onnx_folders else self.root / "runs")

    @property
    def space(self) -> Path:
        """The catalogue of its Space, prepared."""
        return self._there(self.root / "space")

    def environment(self, **changes: str) -> dict[str, str]:
        """The variables of its Space, for a process to start; no Hub answers, nor is one needed."""
        return settings.child_environment(
            HF_ENDPOINT=_NOBODY,
            HF_HOME=str(self.root.resolve() / "home"),
            HF_TOKEN="",
            SPACE_CATALOGUE=str(self.space.resolve()),
            TOKENIZERS_PARALLELISM="false",
            **changes,
        )

    def _there(self, path: Path) -> Path:
        if not path.is_dir() or path.name == "runs":
            raise UserError(
                f"{path} holds nothing to measure. Run `make demo DEMO_ARGS=--check` first, or "
                "name the folder of a finished demo as --demo."
            )
        return path
