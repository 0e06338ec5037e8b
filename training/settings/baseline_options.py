"""What may be set of the baselines that learn: the settings that training/tune.py chooses for them.

Owns names and limits; what they do is baselines.py's. Without any, a baseline is fitted in
two strengths, of which validation keeps the better one.

    C         inverse strength of the regularisation, as scikit-learn calls it
    balanced  1: rare labels count as much as frequent ones; 0: as often as they occur
    min_df    TF-IDF: words of fewer texts are left out
    ngrams    TF-IDF: 1 for words, 2 for pairs of words too

Try: python -c "from training.settings.baseline_options import LIMITS; print(LIMITS)"
"""

from collections.abc import Mapping

from inference.core.errors import ConfigError

_REGRESSION = {"C": (1e-3, 1e3), "balanced": (0.0, 1.0)}
LIMITS: Mapping[str, Mapping[str, tuple[float, float]]] = {
    "tfidf_lr": {**_REGRESSION, "min_df": (1.0, 1000.0), "ngrams": (1.0, 2.0)},
    "encoder_lr": _REGRESSION,
}
"""The smallest and the greatest value of each option, by baseline; all but C are whole."""


def check_baseline_options(options: Mapping[str, Mapping[str, float]]) -> None:
    """Raise ConfigError unless every baseline and option is known and within its limits."""
    for name, chosen in options.items():
        if name not in LIMITS:
            raise ConfigError(
                f"baseline_options names {name}; options are there for {', '.join(LIMITS)}"
            )
        for option, value in chosen.items():
            low, high = LIMITS[name].get(option, (1.0, 0.0))
            if not low <= value <= high or (option != "C" and value % 1):
                known = ", ".join(f"{o} {a:g} to {b:g}" for o, (a, b) in LIMITS[name].items())
                raise ConfigError(
                    f"baseline_options: {option} of {name} is {value:g}; known are {known}, all "
                    "but C whole"
                )
