"""Schemas of the HTTP API: what a caller sends and gets, as its documentation shows it.

Owns names, types and examples of the wire format; unknown names are refused. What a text may hold
and which models there are depends on the Space, and is checked where it is asked.

Letters: N texts, M models, C labels.
"""

from collections.abc import Mapping
from typing import Annotated

from pydantic import AliasChoices, BaseModel, BeforeValidator, ConfigDict, Field

from inference.catalogue.catalogue import Catalogue, ModelEntry
from inference.catalogue.comparison import Cell, Comparison


def _mended(value: object) -> object:
    """A text without halves of surrogate pairs, which a caller makes who cuts an emoji in two."""
    if not isinstance(value, str):
        return value
    return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _whole(value: object) -> object:
    """2.0 is an integer in JSON, which does not tell the two apart."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


Text = Annotated[str, Field(min_length=1), BeforeValidator(_mended)]


_Count = Annotated[int, Field(ge=1), BeforeValidator(_whole)]
_OneText = Annotated[list[Text], Field(min_length=1, max_length=1)]


class _Sent(BaseModel):
    """A body: no unknown name, and no number where a text is asked for."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    catalogue: str | None = Field(
        default=None,
        validation_alias=AliasChoices("catalogue", "recipe"),  # recipe: what older callers say
        description="name of a catalogue of GET /models; the first",
    )


class Question(_Sent):
    """Texts for models of one catalogue."""

    texts: list[Text] = Field(min_length=1, description="each is scored by itself")
    models: list[str] | None = Field(
        default=None, description="repo ids of GET /models; all on show"
    )
    top_k: _Count | None = Field(default=None, description="so many strongest labels; all of them")
    thresholds: bool = Field(
        default=True,
        description="decide by each model's thresholds; false: scores alone, decided is null",
    )


class PredictQuestion(_Sent):
    """One text, or several as [["one"], ["two"]]; the shape of text-embeddings-inference."""

    inputs: Text | Annotated[list[_OneText], Field(min_length=1)]
    model: str | None = Field(default=None, description="a repo id; the fine-tuned one")
    raw_scores: bool = Field(default=False, description="true is refused: scores are probabilities")
    truncate: bool = Field(default=True, description="no effect: long texts are read in windows")


class Correction(_Sent):
    """What is right about one text, beside what a model had said."""

    text: Text
    model: str = Field(description="repo id of the model that was asked")
    revision: str | None = Field(
        default=None, pattern="^[0-9a-f]{40}$", description="the commit that answered; that on show"
    )
    predicted: list[str] = Field(description="what was decided; may be none")
    corrected: list[str] = Field(description="what is right; exactly one where one applies")


class Error(BaseModel):
    """What went wrong, as a word for programs and as a sentence for people."""

    error: str
    message: str


class Status(BaseModel):
    status: str


class Kept(BaseModel):
    id: str


class Model(BaseModel):
    """A model on show; revision is the commit that answers, null where it follows main."""

    repo_id: str
    revision: str | None
    role: str
    title: str


class CatalogueInfo(BaseModel):
    catalogue: str
    title: str


class Models(BaseModel):
    """The models of one catalogue, and the names of all catalogues."""

    catalogue: str
    title: str
    labels: list[str]
    problem_type: str
    models: list[Model]
    catalogues: list[CatalogueInfo]


class AnsweringModel(BaseModel):
    """thresholds: one a label of a multi-label task, else none."""

    repo_id: str
    revision: str
    role: str
    title: str
    thresholds: list[float]


class ModelResult(BaseModel):
    """What a model says of a text; a score is null where it has no such label."""

    repo_id: str
    decided: list[str] | None
    scores: dict[str, float | None]


class FailedModel(Error):
    repo_id: str


class Classified(BaseModel):
    """results[text][model]."""

    labels: list[str]
    problem_type: str
    models: list[AnsweringModel]
    results: list[list[ModelResult]]
    failures: list[FailedModel]


class ComparedRow(BaseModel):
    """disagree: do two models decide differently on a label that both know?"""

    disagree: bool
    answers: list[ModelResult]


class Compared(BaseModel):
    """A row a text, a column a model."""

    labels: list[str]
    problem_type: str
    models: list[AnsweringModel]
    rows: list[ComparedRow]
    disagreements: int
    failures: list[FailedModel]


class Prediction(BaseModel):
    label: str
    score: float


class Limits(BaseModel):
    """What one request, one visitor and all together may ask for."""

    max_texts: int
    max_chars: int
    max_body_bytes: int
    max_requests_per_minute: int
    max_waiting_texts: int


class Info(BaseModel):
    """model_id, model_sha and max_client_batch_size are text-embeddings-inference's names."""

    model_config = ConfigDict(protected_namespaces=())

    model_id: str
    model_sha: str | None
    max_client_batch_size: int
    version: str
    needs_key: bool
    limits: Limits
    catalogues: list[CatalogueInfo]


def model_json(entry: ModelEntry) -> dict[str, object]:
    """A Model."""
    names = ("repo_id", "revision", "role", "title")
    return {name: getattr(entry, name) for name in names}


def results_json(comparison: Comparison, question: Question) -> list[list[dict[str, object]]]:
    """N rows of M Results."""
    return [
        [
            {
                "repo_id": column.repo_id,
                "decided": list(cell.decided) if question.thresholds else None,
                "scores": _scores(comparison, row, index, cell, question.top_k),
            }
            for index, (column, cell) in enumerate(zip(comparison.columns, cells, strict=True))
        ]
        for row, cells in enumerate(comparison.cells)
    ]


def _scores(
    comparison: Comparison, row: int, index: int, cell: Cell, top_k: int | None
) -> dict[str, float | None]:
    """All labels in the task's order, or the strongest first."""
    if top_k is None:
        return dict(zip(comparison.labels, cell.scores, strict=True))
    return dict(comparison.top(row, index, top_k))


def predictions_json(comparison: Comparison) -> list[list[dict[str, object]]]:
    """For each of N texts the Predictions of the first model, strongest first."""
    count = len(comparison.labels)
    return [
        [
            {"label": label, "score": score}
            for label, score in comparison.top(row, column=0, count=count)
        ]
        for row in range(len(comparison.cells))
    ]


def catalogues_json(catalogues: Mapping[str, Catalogue]) -> list[dict[str, str]]:
    """A CatalogueInfo each."""
    return [{"catalogue": name, "title": one.title} for name, one in catalogues.items()]
