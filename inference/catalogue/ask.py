"""Ask several models about a few texts: one column a model, its failure beside the others' answers.

The page and the HTTP API both ask through here. Owns the checking of what a visitor sent and the
order of the work; opening a model is the caller's, who decides how many stay in memory.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from hub.errors import UserError
from inference.catalogue.catalogue import Catalogue, ModelEntry
from inference.catalogue.comparison import Comparison, compare_models
from inference.catalogue.fair_lock import SCORING
from inference.catalogue.opening import OpenModel
from inference.core.errors import ChoiceError, TextError
from inference.core.settings import Settings
from inference.models.explain import Explanation, explain


@dataclass(frozen=True)
class Failure:
    """A model that could not answer, and why."""

    entry: ModelEntry
    error: UserError


@dataclass(frozen=True)
class AskResult:
    """What the models said; `comparison` has a column for each model that answered."""

    comparison: Comparison | None
    failures: tuple[Failure, ...]


def check_texts(texts: Sequence[str], settings: Settings) -> tuple[str, ...]:
    """The texts without surrounding white space, if all of them can be scored.

    Raises:
        TextError: none, too many, an empty or a too long text.
    """
    stripped = tuple(text.strip() for text in texts)
    if not any(stripped):
        raise TextError("There is no text to analyze: write a message first.")
    if len(stripped) > settings.max_texts:
        raise TextError(
            f"{len(stripped)} messages are more than the {settings.max_texts} that can be "
            "analyzed at once: send fewer."
        )
    for number, text in enumerate(stripped, start=1):
        if not text:
            raise TextError(f"Message {number} of {len(stripped)} is empty: leave it out.")
        if len(text) > settings.max_chars:
            raise TextError(
                f"Message {number} has {len(text):,} characters; at most {settings.max_chars:,} "
                "are read: shorten it."
            )
    return stripped


def choose_entries(catalogue: Catalogue, repo_ids: Sequence[str]) -> tuple[ModelEntry, ...]:
    """The entries with these repo ids, each once, in the order of the catalogue.

    Raises:
        ChoiceError: no repo id, or one that is not on show.
    """
    if not repo_ids:
        raise ChoiceError("No model is chosen: choose at least one.")
    known = [entry.repo_id for entry in catalogue.models]
    unknown = sorted(set(repo_ids) - set(known))
    if unknown:
        raise ChoiceError(f"Not on show here: {', '.join(unknown)}. On show: {', '.join(known)}.")
    return tuple(entry for entry in catalogue.models if entry.repo_id in repo_ids)


def ask_models(
    entries: Sequence[ModelEntry],
    texts: Sequence[str],
    catalogue: Catalogue,
    open_model: Callable[[ModelEntry], OpenModel],
    on_start: Callable[[ModelEntry], None] = lambda entry: None,
) -> AskResult:
    """Open and ask one model after the other, so that no more than one must be held at a time.

    A text that cannot be scored is the visitor's to mend, so its TextError is raised, not kept.

    Raises:
        TextError: a text cannot be scored by any model.
    """
    columns: list[Comparison] = []
    failures: list[Failure] = []
    for entry in entries:
        on_start(entry)
        try:
            columns.append(ask_model(entry, texts, catalogue, open_model))
        except TextError:
            raise
        except UserError as error:
            failures.append(Failure(entry, error))
    return AskResult(join_comparisons(columns), tuple(failures))


def ask_model(
    entry: ModelEntry,
    texts: Sequence[str],
    catalogue: Catalogue,
    open_model: Callable[[ModelEntry], OpenModel],
) -> Comparison:
    """Open and ask one model, in its turn.

    Raises:
        TextError: a text cannot be scored.
        HubError: the model cannot be fetched. ModelError: it cannot be loaded.
    """
    model = open_model(entry)
    with SCORING.of_person():
        return compare_models(
            [(model.column, model.scorer)], catalogue.labels, catalogue.problem_type, texts
        )


def explain_score(
    entry: ModelEntry, text: str, label: str, open_model: Callable[[ModelEntry], OpenModel]
) -> Explanation:
    """Open a model and ask which words moved the score that it gives a label.

    Raises:
        TextError: the text has too few or too many words. ChoiceError: no score for this label.
        HubError: the model cannot be fetched. ModelError: it cannot be loaded.
    """
    model = open_model(entry)
    with SCORING.of_person():
        return explain(model.scorer, text, label)


def join_comparisons(parts: Sequence[Comparison]) -> Comparison | None:
    """Comparisons of the same texts, side by side; None where there is none."""
    if not parts:
        return None
    first = parts[0]
    return Comparison(
        labels=first.labels,
        problem_type=first.problem_type,
        columns=tuple(column for part in parts for column in part.columns),
        texts=first.texts,
        cells=tuple(
            tuple(cell for part in parts for cell in part.cells[row])
            for row in range(len(first.texts))
        ),
    )
