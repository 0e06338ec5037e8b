"""The baselines of a run, each fitted once: rows of the table, and perhaps a part of the model.

Owns that one is fitted when it is first asked for, and that the tables of TF-IDF lie in the run
folder then.
"""

from collections.abc import Mapping
from pathlib import Path

from inference.evaluation.dummy_models import FittedScorer
from inference.models.bundle import TFIDF_FILE, Bundle
from inference.models.tfidf import Tfidf, load_tfidf
from training.baselines import baselines, tfidf_tables
from training.baselines.baselines import BaselineOptions
from training.baselines.shared_encoder import SharedEncoder
from training.data.data import Splits


class FittedBaselines:
    """Baselines over the training part; between their strengths validation chooses."""

    def __init__(
        self,
        splits: Splits,
        bundle: Bundle,
        run_dir: Path,
        encoder: SharedEncoder,
        options: Mapping[str, BaselineOptions],
        seed: int,
    ) -> None:
        """bundle: text fields and labels of the task. options: of each baseline that was tuned."""
        self.bundle, self.encoder = bundle, encoder
        self._splits, self._run_dir = splits, run_dir
        self._options, self._seed = options, seed
        self._known: dict[str, FittedScorer] = {}

    def options(self, name: str) -> BaselineOptions | None:
        """What tuning chose for it."""
        return self._options.get(name)

    def scorer(self, name: str) -> FittedScorer:
        """The baseline of this name; with that of TF-IDF its tables are written.

        Raises:
            ModelError: it reads with the encoder, whose folder holds none that can be read.
        """
        if name not in self._known:
            fitted = baselines.fit(
                self._splits.train,
                self.bundle,
                seed=self._seed,
                validation=self._splits.validation,
                encoder=self.encoder,
                names=[name],
                options=self._options,
            )
            self._known[name] = next(fitted).scorer
            if name == tfidf_tables.BASELINE:
                tfidf_tables.save(self._known[name], self._run_dir)
        return self._known[name]

    def tfidf(self) -> Tfidf | None:
        """TF-IDF as a model repo has it; None where it is too large for that."""
        _ = self.scorer(tfidf_tables.BASELINE)
        is_written = (self._run_dir / TFIDF_FILE).is_file()
        return load_tfidf(self._run_dir, self.bundle.labels) if is_written else None
