"""Scoring on a Ray cluster: blocks of texts go to its nodes, and come back in their order.

Owns the engine behind `inference.batch IN OUT --model owner/name --engine ray`, and is the only
import of ray. The file is read and the output written here, exactly as without a cluster; the nodes
only score, block by block as a single machine does, so the output is the same to the byte. Ray
starts a worker that dies again and repeats its block. RAY_ADDRESS says which cluster; without it
one is started on this machine. The nodes fetch the model themselves: a repo id needs HF_ENDPOINT
and HF_TOKEN in their environment, a folder has to lie at the same path everywhere.

    pip install -r inference/requirements-ray.txt
    python -m inference.batch IN OUT --model owner/name --engine ray
"""

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from inference.batch.scoring import Block, RowReader, UnscoredBlock, add_scores, blocks_of
from inference.core import settings
from inference.core.errors import ConfigError
from inference.data.tables import Row
from inference.models.classifier import HasScores

if TYPE_CHECKING:
    import pyarrow as pa

# Blocks that are on their way at once: workers open the model anew for every wave, and the cluster
# holds the rows of one, on its disks where its memory is full.
_BLOCKS_AT_ONCE = 256
_PACKAGES = ("hub", "inference")  # what a node must import to score
_ROOT = Path(__file__).resolve().parents[2]


class RayEngine:
    """Scores as scoring.score_rows does, on the nodes of a cluster."""

    def __init__(self, model: str, *, blocks_at_once: int = _BLOCKS_AT_ONCE) -> None:
        """Join the cluster, or start one; model: as the command takes it, with its @revision.

        Raises:
            ConfigError: ray is not installed, or RAY_ADDRESS names no cluster that answers.
        """
        settings.report_no_usage()
        try:
            import ray
            import ray.data
        except ModuleNotFoundError as error:
            raise ConfigError(
                f"--engine ray needs the package {error.name}, which is not installed; run "
                "pip install -r inference/requirements-ray.txt"
            ) from None
        self._ray, self._model, self._blocks_at_once = ray, model, blocks_at_once
        logging.getLogger("ray.data").setLevel(logging.ERROR)  # its plans, where our bar is drawn
        if not ray.is_initialized():
            try:
                ray.init(
                    log_to_driver=False,
                    configure_logging=False,
                    runtime_env={"py_modules": [str(_ROOT / name) for name in _PACKAGES]},
                )
            except ConnectionError as error:
                raise ConfigError(
                    f"the Ray cluster does not answer: {error}. Correct RAY_ADDRESS, or unset it "
                    "to start a cluster on this machine."
                ) from None

    def __call__(
        self, scorer: HasScores, rows: Iterator[Row], reader: RowReader, rows_at_once: int
    ) -> Iterator[Block]:
        """Yield the rows in blocks, scored by the model that the nodes open, not by `scorer`."""
        waiting = blocks_of(rows, reader, rows_at_once)
        labels = len(reader.bundle.labels)
        while wave := self._send(waiting):
            answers = self._answers(wave)
            for kept, texts in wave:
                scores = next(answers) if texts is not None else np.empty((0, labels), np.float32)
                yield add_scores(self._ray.get(kept), scores, reader)

    def _send(self, waiting: Iterator[UnscoredBlock]) -> list[tuple[Any, Any]]:
        """Put the next blocks into the cluster: each as it is, and its texts, None without any."""
        import pyarrow as pa

        sent = []
        for _, block in zip(range(self._blocks_at_once), waiting, strict=False):
            texts = self._ray.put(pa.table({"text": block.texts})) if block.texts else None
            sent.append((self._ray.put(block), texts))
        return sent

    def _answers(self, wave: list[tuple[Any, Any]]) -> Iterator[NDArray[np.float32]]:
        """Yield (N, C) float32 for each block that has texts, in their order."""
        data = self._ray.data
        context = data.DataContext.get_current()
        context.execution_options.preserve_order = True
        context.enable_progress_bars = False  # the command has its own
        texts = [texts for _, texts in wave if texts is not None]
        workers = max(1, int(self._ray.cluster_resources().get("CPU", 1)))
        answered = data.from_arrow_refs(texts).map_batches(
            _Worker,
            fn_constructor_args=(self._model,),
            batch_size=None,  # a block stays one: what is scored together decides the last digits
            batch_format="pyarrow",
            num_cpus=1,
            compute=data.ActorPoolStrategy(min_size=1, max_size=max(1, min(workers, len(texts)))),
        )
        for batch in answered.iter_batches(batch_size=None, batch_format="pyarrow"):
            columns = [column.to_numpy() for column in batch.columns]
            yield np.stack(columns, axis=1)


class _Worker:
    """One core of a node with the model open."""

    def __init__(self, model: str, *, blocks_at_once: int = _BLOCKS_AT_ONCE) -> None:
        from inference.compare.labelled_file import open_named

        self._scorer = open_named(model, settings.load_settings().connect(), threads=1).scorer

    def __call__(self, texts: "pa.Table") -> "pa.Table":
        import pyarrow as pa

        scores = self._scorer.score(texts["text"].to_pylist())  # (N, C)
        return pa.table({str(label): column for label, column in enumerate(scores.T)})
