"""The TF-IDF baseline of a run: fitted once, a row of the table and perhaps a part of the model.

Owns that it is fitted when it is first asked for, and that its tables lie in the run folder then.
"""

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path

from inference.evaluation.dummy_models import FittedScorer
from inference.models.bundle import TFIDF_FILE, Bundle
from inference.models.tfidf import Tfidf, load_tfidf
from training.baselines import baselines, tfidf_tables
from training.baselines.baselines import BaselineOptions
from training.data.data import Splits


class SharedTfidf:
    """The baseline over the training part, its strength chosen on validation."""

    def __init__(
        self,
        splits: Splits,
        bundle: Bundle,
        run_dir: Path,
        seed: int,
        options: Mapping[str, BaselineOptions],
    ) -> None:
        """options: of each baseline that was tuned."""
        self.bundle = bundle
        self._splits, self._run_dir = splits, run_dir
        self._seed, self._options = seed, options

    @property
    def key(self) -> object:
        """What it depends on beside the texts."""
        return [tfidf_tables.BASELINE, self._options.get(tfidf_tables.BASELINE)]

    @cached_property
    def scorer(self) -> FittedScorer:
        """The baseline; its tables are written too."""
        print(f"fitting {baselines.TITLES[tfidf_tables.BASELINE]}", flush=True)
        fitted = baselines.fit(
            self._splits.train,
            self.bundle,
            seed=self._seed,
            validation=self._splits.validation,
            names=[tfidf_tables.BASELINE],
            options=self._options,
        )
        scorer = next(fitted).scorer
        tfidf_tables.save(scorer, self._run_dir)
        return scorer

    def tables(self) -> Tfidf | None:
        """The baseline as a model repo has it; None where it is too large for that."""
        _ = self.scorer
        is_written = (self._run_dir / TFIDF_FILE).is_file()
        return load_tfidf(self._run_dir, self.bundle.labels) if is_written else None
