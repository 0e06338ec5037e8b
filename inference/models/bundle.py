"""What a model repo says beside its weights: labels, problem type, text fields, thresholds.

Owns decision.json (write and read) and what config.json says of the labels; holds no weights and no
tokenizer. A repo without decision.json is read too: what it does not say gets transformers' own
defaults.

Try: python -c "from pathlib import Path; from inference.models import bundle; \
print(bundle.load_bundle(Path('DIR')))"
"""

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from inference.core.atomic_write import write_whole
from inference.core.errors import ModelError, TextError
from inference.core.json_record import Mismatch, from_json, from_key
from inference.data.cells import Unusable, is_blank
from inference.data.json_fields import texts_of, weighted_words
from inference.data.problem_types import MULTI, SINGLE
from inference.data.similarity import describe_similarity
from inference.models.model_files import read_json, token_limit

DECISION_FILE = "decision.json"
TFIDF_FILE = "results/tfidf.json"
"""The TF-IDF baseline of a run, together with which a model may answer."""
DEFAULT_THRESHOLD = 0.5
UNTUNED = "default 0.5, not tuned"
_ADDED = ("tfidf_weight", "logit_offsets")


@dataclass(frozen=True)
class Bundle:
    """How the logits of one model become decisions.

    labels: names of the C logits, in their order.
    text_fields: columns that the model reads, in order; () when the repo does not say.
    thresholds: (C,) in [0, 1]; filled with 0.5 for a multi-label model that has none,
        () for a single-label one, which takes the strongest label.
    temperature: the logits are divided by it before softmax or sigmoid; 1 where the weights
        themselves are calibrated.
    max_tokens: longest window the model reads, special tokens included.
    json_fields: those text fields that hold JSON, which compose() puts into words.
    label_names: what a label is called in a labelled file: the label here, where they differ.
    match_fields: a text field: the field of JSON whose texts it is held against; compose() says
        first in words how alike they are.
    tfidf_weight: the logits of the counted words in results/tfidf.json are multiplied by it and
        added; 0 for a model that answers by its weights alone.
    logit_offsets: by label, added to the logits first. The weights of such a model were moved, so
        that a sigmoid of .5 is where a label begins for whoever reads them alone; with the offset
        the sigmoid says again how probable the label is, which is what thresholds are held against.
    """

    labels: tuple[str, ...]
    problem_type: str
    text_fields: tuple[str, ...] = ("text",)
    field_separator: str = " "
    max_tokens: int = 512
    temperature: float = 1.0
    thresholds: tuple[float, ...] = ()
    chosen_on: str = UNTUNED
    version: int = 1
    json_fields: tuple[str, ...] = ()
    label_names: Mapping[str, str] = field(default_factory=dict)
    match_fields: Mapping[str, str] = field(default_factory=dict)
    tfidf_weight: float = 0.0
    logit_offsets: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.thresholds and self.is_multilabel:
            object.__setattr__(self, "thresholds", (DEFAULT_THRESHOLD,) * len(self.labels))
        for is_broken, problem in self._checks():
            if is_broken:
                raise ModelError(problem)

    def _checks(self) -> tuple[tuple[bool, str], ...]:
        expected = len(self.labels) if self.is_multilabel else 0
        return (
            (
                self.version != 1,
                f"{DECISION_FILE} has version {self.version}, this program reads 1",
            ),
            (not self.labels, "a model needs at least one label, this one names none"),
            (
                len(set(self.labels)) != len(self.labels),
                f"two labels of the model share a name: {', '.join(self.labels)}",
            ),
            (
                self.problem_type not in (SINGLE, MULTI),
                f"problem_type is {self.problem_type!r}; expected {SINGLE!r} or {MULTI!r}",
            ),
            (
                len(self.thresholds) != expected,
                f"{len(self.thresholds)} thresholds for {expected} expected "
                f"({self.problem_type}, {len(self.labels)} labels)",
            ),
            (
                not all(0 <= threshold <= 1 for threshold in self.thresholds),
                f"thresholds must lie in [0, 1], seen {self.thresholds}",
            ),
            (
                not (math.isfinite(self.temperature) and self.temperature > 0),
                f"temperature must be a number above 0, seen {self.temperature}",
            ),
            (
                not (math.isfinite(self.tfidf_weight) and self.tfidf_weight >= 0),
                f"tfidf_weight must be a number, 0 or above, seen {self.tfidf_weight}",
            ),
            (
                bool(self.logit_offsets) and set(self.logit_offsets) != set(self.labels),
                f"logit_offsets must name each label, seen {dict(self.logit_offsets)}",
            ),
            (
                not all(map(math.isfinite, self.logit_offsets.values())),
                f"logit_offsets must be numbers, seen {dict(self.logit_offsets)}",
            ),
            (
                not set(self.json_fields) <= set(self.text_fields),
                f"json_fields {', '.join(self.json_fields)} are not all among the text_fields "
                f"{', '.join(self.text_fields) or '(none named)'}",
            ),
            (
                not set(self.match_fields) <= set(self.text_fields)
                or not set(self.match_fields.values()) <= set(self.json_fields),
                f"match_fields {dict(self.match_fields)} must hold text_fields against json_fields",
            ),
            (self.max_tokens < 8, f"max_tokens must be at least 8, seen {self.max_tokens}"),
        )

    @property
    def is_multilabel(self) -> bool:
        return self.problem_type == MULTI

    @property
    def offsets(self) -> tuple[float, ...]:
        """(C,): what is added to each logit of the weights, in the order of the labels."""
        return tuple(self.logit_offsets.get(label, 0.0) for label in self.labels)

    @property
    def plain(self) -> "Bundle":
        """How transformers' own pipeline decides: by the weights alone, at .5 of their sigmoid."""
        thresholds = tuple(1 / (1 + math.exp(-offset)) for offset in self.offsets)
        return replace(
            self,
            temperature=1.0,
            tfidf_weight=0.0,
            thresholds=thresholds if self.is_multilabel else (),
        )

    def compose(self, fields: Mapping[str, str]) -> str:
        """Return the one string the model reads, "" when every field is blank.

        A model that does not name its fields reads all that are given, in their order.

        A row is read here as training read it, so a field of JSON is given as the file holds it.

        Raises:
            TextError: a field that the model reads is missing, or is not the JSON it should be.
        """
        names = self.text_fields or tuple(fields)
        missing = [name for name in names if name not in fields]
        if missing:
            raise TextError(
                f"the model reads the field(s) {', '.join(names)}; {', '.join(missing)} is missing "
                f"from {', '.join(fields) or 'an empty record'}"
            )
        try:
            values = [
                weighted_words(fields[name], name) if name in self.json_fields else fields[name]
                for name in names
            ]
            matches = [
                describe_similarity(fields[name], texts_of(fields[other], other))
                for name, other in self.match_fields.items()
            ]
        except Unusable as reason:
            raise TextError(f"the model cannot read this record: {reason}") from None
        if all(map(is_blank, values)):
            return ""
        # first: a text that is too long for the model loses its end
        return self.field_separator.join([*matches, *values])


def save_bundle(bundle: Bundle, folder: Path) -> None:
    """Write decision.json into the folder, whole or not at all."""
    content: dict[str, object] = asdict(bundle)
    # by name: a reader elsewhere need not know the order of the labels
    content["thresholds"] = dict(zip(bundle.labels, bundle.thresholds, strict=False))
    # A program that does not know these refuses the file, as its answers would be others: they are
    # written where they count alone.
    for name in _ADDED:
        if not content[name]:
            del content[name]
    write_whole(folder / DECISION_FILE, json.dumps(content, indent=2, ensure_ascii=False) + "\n")


def needs_tfidf(folder: Path) -> bool:
    """Whether the classifier in the folder answers together with results/tfidf.json."""
    path = folder / DECISION_FILE
    return path.is_file() and bool(read_json(path).get("tfidf_weight"))


def load_bundle(folder: Path) -> Bundle:
    """Read config.json, tokenizer_config.json and, where present, decision.json of a classifier.

    Raises:
        ModelError: a file is missing or unreadable, or two of them contradict each other.
    """
    config = read_json(folder / "config.json")
    labels = _labels(config, folder)
    problem_type = _problem_type(config, labels, folder)
    limit = token_limit(folder)
    path = folder / DECISION_FILE
    if not path.is_file():
        return Bundle(labels, problem_type, text_fields=(), max_tokens=limit)
    decision = read_json(path)
    bundle = _from_decision(decision, labels, path)
    if bundle.labels != labels or bundle.problem_type != problem_type:
        raise ModelError(
            f"{folder}: {DECISION_FILE} says {bundle.problem_type} with labels "
            f"{', '.join(bundle.labels)}; config.json says {problem_type} with labels "
            f"{', '.join(labels)}. Publish the run again, or delete {DECISION_FILE}."
        )
    if bundle.max_tokens > limit:
        raise ModelError(
            f"{path}: max_tokens is {bundle.max_tokens}, but the model reads at most {limit}"
        )
    return bundle


def _labels(config: Mapping[str, object], folder: Path) -> tuple[str, ...]:
    names = config.get("id2label")
    if names is None:
        # save_pretrained leaves out id2label when it is the default, two labels
        count = config.get("num_labels", 2)
        return tuple(f"LABEL_{i}" for i in range(count if isinstance(count, int) else 2))
    try:
        by_id = {int(key): str(name) for key, name in names.items()}  # type: ignore[attr-defined]
        return tuple(by_id[i] for i in range(len(by_id)))
    except (AttributeError, ValueError, KeyError):
        raise ModelError(
            f"{folder / 'config.json'}: id2label is {names!r}; expected the numbers from 0 on, "
            "each with the name of a label"
        ) from None


def _problem_type(config: Mapping[str, object], labels: tuple[str, ...], folder: Path) -> str:
    stated = config.get("problem_type")
    if stated is None:
        # as transformers' pipeline does: one logit means sigmoid, several mean softmax
        return MULTI if len(labels) == 1 else SINGLE
    if stated not in (SINGLE, MULTI):
        raise ModelError(
            f"{folder / 'config.json'}: problem_type is {stated!r}; this program compares "
            f"classifiers, {SINGLE!r} or {MULTI!r}"
        )
    return str(stated)


def _from_decision(decision: dict[str, object], labels: tuple[str, ...], path: Path) -> Bundle:
    known = Bundle.__dataclass_fields__
    unknown = sorted(set(decision) - set(known))
    if unknown:
        raise ModelError(f"{path}: unknown key(s) {', '.join(unknown)}; known: {', '.join(known)}")
    thresholds = decision.get("thresholds") or {}
    if not isinstance(thresholds, dict) or (thresholds and set(thresholds) != set(labels)):
        raise ModelError(
            f"{path}: thresholds must name each of {', '.join(labels)}, seen {thresholds!r}"
        )
    try:
        from_key(int, decision, "max_tokens")  # its default is for bundles made here
        named = from_json(dict[str, float], thresholds, "thresholds")
        in_order = [named[label] for label in labels if label in named]
        return from_json(Bundle, {"labels": [*labels], **decision, "thresholds": in_order})
    except (Mismatch, ModelError) as error:
        raise ModelError(f"{path}: {error}; publish the run again") from None
