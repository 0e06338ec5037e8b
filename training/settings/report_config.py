"""What a finished model is held against, and what is measured of it."""

from dataclasses import dataclass
from typing import Literal

from inference.core.errors import ConfigError
from training.settings.baseline_options import check_baseline_options
from training.settings.groups import Group, setting

BASELINES = ("majority", "prior", "tfidf_lr", "tfidf_nb", "encoder_lr")
"""What training/baselines/baselines.py can fit, in the order of the table."""


@dataclass(frozen=True)
class ReportConfig(Group):
    """Report"""

    label_descriptions: dict[str, str] = setting({}, changes_weights=False)
    """A sentence for each label: with them the untrained base model is compared as
    zero-shot."""
    baselines: tuple[str, ...] = setting(BASELINES, changes_weights=False)
    """Free baselines to beat, fitted on the training texts; [] for none."""
    baseline_options: dict[str, dict[str, float]] = setting({}, changes_weights=False)
    """What tuning chose for them, as {"tfidf_lr": {"C": 8, "balanced": 0, "min_df": 2}}."""
    pretrained_label_maps: dict[str, dict[str, str | None]] = setting({}, changes_weights=False)
    """Classifiers of others to beat: repo id (or id@commit) to {its label: label here, or
    null}."""
    ship: Literal["best", "tuned"] = setting("best")
    """What is judged and published: best, what validation says beyond chance to be better, of the
    fine-tuned model, that together with the TF-IDF baseline, and a head over the frozen encoder, as
    far as these are among the baselines; tuned, the fine-tuned model alone."""

    def __post_init__(self) -> None:
        super().__post_init__()
        unknown = [name for name in self.baselines if name not in BASELINES]
        if unknown or len(set(self.baselines)) < len(self.baselines):
            raise ConfigError(
                f"baselines is {', '.join(self.baselines)}; it must name each at most once of "
                f"{', '.join(BASELINES)}, or be [] for none"
            )
        check_baseline_options(self.baseline_options)

    def may_ship(self, baseline: str) -> bool:
        """Whether the run may publish what it learns from a baseline."""
        return self.ship == "best" and baseline in self.baselines

    @property
    def needs_encoder(self) -> bool:
        """Whether the base model is also compared as it is, by its vectors of the texts."""
        return bool(self.label_descriptions) or "encoder_lr" in self.baselines


@dataclass(frozen=True)
class ChatReportConfig(Group):
    """Report"""

    answer_prompts: int = setting(40, between=(0, 10_000), changes_weights=False)
    """Held-out prompts that base and tuned model answer, to count answers that end; 0 for
    none."""
    answer_tokens: int = setting(256, between=(1, 100_000), changes_weights=False)
    """Tokens after which such an answer is cut off."""
    compare_runs: tuple[str, ...] = setting((), changes_weights=False)
    """Folders of finished runs whose loss is drawn beside this one's, as of --max_steps 60."""
