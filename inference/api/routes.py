"""The endpoints of the HTTP API: what each answers, as its own documentation under /docs says.

Owns what is asked of the engine and kept of corrections. Scoring together is micro_batches.py's,
the wire format schemas.py's, the app around all of it app.py's.

Letters: N texts, M models.

Try: curl http://localhost:8501/api/info
"""

import asyncio
import hmac
import secrets
from collections.abc import Callable, Mapping
from dataclasses import asdict

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from hub.errors import UserError
from inference.api import schemas
from inference.api.access import MAX_BODY_BYTES, visitor_of
from inference.api.errors import error_json
from inference.api.micro_batches import MicroBatches, Score
from inference.api.traffic import METRICS_TYPE, TrafficMetrics
from inference.catalogue.ask import (
    AskResult,
    Failure,
    ask_model,
    check_texts,
    choose_entries,
    join_comparisons,
)
from inference.catalogue.catalogue import Catalogue, ModelEntry
from inference.catalogue.comparison import Comparison
from inference.catalogue.opening import OpenModel
from inference.core.errors import ChoiceError, TextError
from inference.core.event_log import record_event
from inference.core.settings import Settings
from inference.data.problem_types import MULTI
from inference.evaluation.leaderboard import FINE_TUNED
from inference.feedback.log import Feedback, check_labels
from inference.feedback.next_run import TEXT

VERSION = "1"  # of the wire format: a change that breaks a caller makes it 2
_READY_WAIT_S = 1.0  # as long as a probe waits; loading goes on behind it


class Endpoints:
    """The endpoints over the catalogues of a Space; for one event loop."""

    def __init__(
        self,
        settings: Settings,
        catalogues: Mapping[str, Catalogue],
        open_model: Callable[[ModelEntry], OpenModel],
        keep: Callable[[Feedback], None],
        figures: TrafficMetrics,
    ) -> None:
        self._settings = settings
        self._catalogues = catalogues
        self._open_model = open_model
        self._keep = keep
        self._figures = figures
        self._batches = MicroBatches(on_batch=figures.batches.observe)
        figures.waiting.set_function(lambda: self._batches.waiting)
        self._opening: asyncio.Task[OpenModel] | None = None
        self._pepper = secrets.token_bytes(16)

    # ---- what is here

    async def health(self) -> JSONResponse:
        """The process answers; says nothing about models."""
        return JSONResponse({"status": "ok"})

    async def ready(self) -> JSONResponse:
        """Is the model loaded that answers first? Asking begins to load it; 503 until it is."""
        if self._opening is None:
            entry = first_model(self._catalogue(None)[1])
            self._opening = asyncio.create_task(run_in_threadpool(self._open_model, entry))
        opening = self._opening
        if not opening.done():
            await asyncio.wait([opening], timeout=_READY_WAIT_S)
        if not opening.done():
            body = {"error": "not_ready", "message": "The model is being loaded: ask again."}
            return JSONResponse(body, 503, {"Retry-After": "1"})
        error = opening.exception()
        if error is not None:
            self._opening = None  # the next probe tries again
            raise error
        return JSONResponse({"status": "ready"})

    async def metrics(self) -> Response:
        """Figures for Prometheus: requests, times, batches, what waits, memory of the process."""
        return Response(self._figures.text(), headers={"Content-Type": METRICS_TYPE})

    async def info(self) -> JSONResponse:
        """Which model answers first, and the limits of a request."""
        entry, settings = first_model(self._catalogue(None)[1]), self._settings
        limits = {
            "max_texts": settings.max_texts,
            "max_chars": settings.max_chars,
            "max_body_bytes": MAX_BODY_BYTES,
            "max_requests_per_minute": settings.max_requests_per_minute,
            "max_waiting_texts": self._batches.max_waiting,
        }
        return JSONResponse(
            {
                "model_id": entry.repo_id,
                "model_sha": entry.revision,
                "max_client_batch_size": settings.max_texts,
                "version": VERSION,
                "needs_key": settings.api_key is not None,
                "limits": limits,
                "catalogues": schemas.catalogues_json(self._catalogues),
            }
        )

    async def models(self, request: Request, catalogue: str | None = None) -> JSONResponse:
        """The labels and models of a catalogue, the first unless named, and the names of all."""
        older = request.query_params.get("recipe")  # what older callers say
        name, shown = self._catalogue(older if catalogue is None else catalogue)
        return JSONResponse(
            {
                "catalogue": name,
                "title": shown.title,
                "labels": list(shown.labels),
                "problem_type": shown.problem_type,
                "models": [schemas.model_json(entry) for entry in shown.models],
                "catalogues": schemas.catalogues_json(self._catalogues),
            }
        )

    # ---- what the models say

    async def classify(self, question: schemas.Question) -> JSONResponse:
        """Each model's scores for each text, and what it decides.

        A model that fails is listed under failures while the others answer; when none answers, the
        first failure decides the status.
        """
        answer, comparison = await self._ask(question)
        results = schemas.results_json(comparison, question)
        return JSONResponse({**_head(answer, comparison), "results": results})

    async def compare(self, question: schemas.Question) -> JSONResponse:
        """The models side by side, a row a text, with a mark where their decisions differ."""
        answer, comparison = await self._ask(question)
        differ = [comparison.disagree(row) for row in range(len(comparison.cells))]
        results = schemas.results_json(comparison, question)
        rows = [
            {"disagree": disagree, "answers": answers}
            for disagree, answers in zip(differ, results, strict=True)
        ]
        head = _head(answer, comparison)
        return JSONResponse({**head, "disagreements": sum(differ), "rows": rows})

    async def predict(self, question: schemas.PredictQuestion) -> JSONResponse:
        """One model's labels, strongest first, as text-embeddings-inference answers.

        A list for one text, a list of lists for several.
        """
        if question.raw_scores:
            raise ChoiceError("Raw scores are not given here: leave raw_scores out.")
        inputs = question.inputs
        texts = [inputs] if isinstance(inputs, str) else [text for (text,) in inputs]
        name, catalogue = self._catalogue(question.catalogue)
        model = question.model or first_model(catalogue).repo_id
        asked = schemas.Question(catalogue=name, texts=texts, models=[model])
        _, comparison = await self._ask(asked)
        predictions = schemas.predictions_json(comparison)
        return JSONResponse(predictions[0] if isinstance(inputs, str) else predictions)

    async def feedback(self, correction: schemas.Correction, request: Request) -> JSONResponse:
        """Keep what is right about a text; the next training may learn from it."""
        _, catalogue = self._catalogue(correction.catalogue)
        (text,) = check_texts([correction.text], self._settings)
        (entry,) = choose_entries(catalogue, [correction.model])
        labels = catalogue.labels
        who = hmac.new(self._pepper, visitor_of(request).encode(), "sha256").hexdigest()[:32]
        feedback = Feedback(
            fields={TEXT: text},
            # A model may have decided for several labels or none, whatever is right.
            predicted=check_labels(correction.predicted, labels, MULTI),
            corrected=check_labels(correction.corrected, labels, catalogue.problem_type),
            problem_type=catalogue.problem_type,
            repo_id=entry.repo_id,
            revision=correction.revision or entry.revision or "",
            catalogue=catalogue.title,
            who=who,
        )
        await run_in_threadpool(self._keep, feedback)  # waits for the disk
        record_event("feedback kept", repo_id=entry.repo_id, is_confirmed=feedback.is_confirmed)
        return JSONResponse({"id": feedback.id}, 201)

    async def _ask(self, question: schemas.Question) -> tuple[AskResult, Comparison]:
        """Ask one model after the other, each together with whoever else waits for it."""
        texts = check_texts(question.texts, self._settings)
        name, catalogue = self._catalogue(question.catalogue)
        known = [entry.repo_id for entry in catalogue.models]
        entries = choose_entries(catalogue, known if question.models is None else question.models)
        columns: list[Comparison] = []
        failures: list[Failure] = []
        with self._batches.admitted(len(texts) * len(entries)):
            for entry in entries:
                key = (name, entry.repo_id, entry.role)
                try:
                    columns.append(
                        await self._batches.score(key, texts, self._score_with(entry, catalogue))
                    )
                except TextError:
                    raise
                except UserError as error:
                    failures.append(Failure(entry, error))
        record_event("classified", texts=len(texts), models=len(entries), failures=len(failures))
        comparison = join_comparisons(columns)
        if comparison is None:
            raise failures[0].error
        return AskResult(comparison, tuple(failures)), comparison

    def _score_with(self, entry: ModelEntry, catalogue: Catalogue) -> Score:
        return lambda texts: ask_model(entry, texts, catalogue, self._open_model)

    def _catalogue(self, name: str | None) -> tuple[str, Catalogue]:
        """A catalogue and its name, the first where none is asked for.

        Raises:
            ChoiceError: there is none of this name.
        """
        if name is None:
            name = next(iter(self._catalogues))
        if name not in self._catalogues:
            raise ChoiceError(
                f"No catalogue {name!r} here. On show: {', '.join(self._catalogues)}."
            )
        return name, self._catalogues[name]


def first_model(catalogue: Catalogue) -> ModelEntry:
    """The model that is asked where one is enough: the fine-tuned one, else the first."""
    tuned = [entry for entry in catalogue.models if entry.role == FINE_TUNED]
    return (tuned or list(catalogue.models))[0]


def _head(answer: AskResult, comparison: Comparison) -> dict[str, object]:
    """What /classify and /compare say before their results."""
    return {
        "labels": list(comparison.labels),
        "problem_type": comparison.problem_type,
        "models": [asdict(column) for column in comparison.columns],
        "failures": [
            {"repo_id": failure.entry.repo_id, **error_json(failure.error)}
            for failure in answer.failures
        ],
    }
