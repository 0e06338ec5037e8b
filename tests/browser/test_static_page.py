"""The free static page in a real browser: its table, and a baseline that scores as Python does."""

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from hub.client import connect
from inference.data.problem_types import MULTI, SINGLE
from inference.data.records import Example
from inference.evaluation.dummy_models import FittedScorer
from inference.evaluation.leaderboard import save_leaderboard
from inference.models.bundle import Bundle
from space_config import static_page
from space_config.servers import HOST, Servers, free_port
from tests.browser.conftest import CONTRAST, OVERFLOW, WIDTHS, OpenPage, screenshot
from tests.hub_fixtures import RunningHub
from tests.space_fixtures import LABELS, leaderboard, write_catalogue
from tests.training.toy import WORDS, toy_examples
from training.baselines import baselines, tfidf_tables

TUNED = "demo/static-tuned"
TOLERANCE = 1e-6
# What Python and JavaScript could see differently: cases, marks, white space, scripts, surrogates.
ODD_TEXTS = (
    "GOOD Movie",
    "ΑΣ ΟΔΟΣ, İstanbul und Straße ẞ",
    "naïve naïve cafe\u0301 don't x_y ½ ² ٣ 10,000",
    "tabs\tand\x0bmore\x1cspace\x85in\xa0many\u2003forms\u3000here\ufeff",
    "日本語のテキスト good です",
    "good😀bad 👩‍👩‍👧 love",
    "a",
    "!!! ... ???",
    "line\nafter\r\n\r\n   line",
    "good " * 200,
)


@dataclass(frozen=True)
class StaticPage:
    """Where the page is served, its folder, and the Python model behind its tables."""

    url: str
    folder: Path
    scorer: FittedScorer


@pytest.fixture(scope="module", params=[SINGLE, MULTI])
def static(
    request: pytest.FixtureRequest,
    hub_server: RunningHub,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[StaticPage]:
    folder = tmp_path_factory.mktemp("static")
    bundle = Bundle(tuple(LABELS), request.param)
    train = [*toy_examples(90), Example({"text": "good day 日本 good day 日本"}, ("positive",), 1)]
    fitted = baselines.fit(train, bundle, seed=0, validation=train, names=("tfidf_lr",))
    scorer = next(fitted).scorer
    repo = folder / "repo"
    tfidf_tables.save(scorer, repo)
    repo_id = f"{TUNED}-{request.param[:5]}"
    hub = connect(hub_server.endpoint, hub_server.token, folder / "cache")
    sha = hub.publish(repo, repo_id, message="Add tables").sha
    ready = write_catalogue(folder / "ready")
    models = (ready / "models.yaml").read_text("utf-8")
    models = models.replace("demo/tiny-tuned", repo_id).replace(
        "revision: null", f"revision: '{sha}'"
    )
    (ready / "models.yaml").write_text(models, "utf-8")
    save_leaderboard(leaderboard(), ready / "leaderboard.json")
    assert static_page.write(ready, folder / "page", hub)
    port = free_port()
    command = [sys.executable, "-m", "http.server", str(port), "--bind", HOST]
    with Servers(folder / "servers") as servers:
        url = f"http://{HOST}:{port}"
        servers.start("page", command, url, {}, folder=folder / "page")
        yield StaticPage(url, folder / "page", scorer)


def ready(page: Page) -> Page:
    expect(page.get_by_role("button", name="Analyze")).to_be_visible()
    return page


def texts() -> list[str]:
    """200 texts: odd ones, and words of training among words that it never saw."""
    draws = np.random.default_rng(1)
    known = [word for words in WORDS.values() for word in words]
    strange = [
        "Zebra",
        "qux",
        "straße",
        "naïve",
        "I",
        "x",
        "2024",
        "can't",
        "日本",
        "…",
        "good-day",
    ]
    made = [
        " ".join(draws.choice([*known, *strange], draws.integers(1, 40)))
        for _ in range(200 - len(ODD_TEXTS))
    ]
    return [*ODD_TEXTS, *made]


def test_200_texts_get_the_scores_of_scikit_learn(open_page: OpenPage, static: StaticPage):
    page = ready(open_page(static.url))
    scored = page.evaluate(
        """async (texts) => {
          const { open, score, decide } = await import("./tfidf.js");
          const model = open(await (await fetch("tfidf.json")).json());
          return texts.map((text) => [score(model, text), decide(model, score(model, text))]);
        }""",
        texts(),
    )
    expected = static.scorer.score(texts())
    found = np.array([scores for scores, _ in scored])
    assert found.shape == expected.shape == (200, len(LABELS))
    assert np.abs(found - expected).max() < TOLERANCE, np.abs(found - expected).max()
    assert expected.std(axis=0).min() > 0.1, "the texts are told apart"
    bundle = static.scorer.bundle
    if not bundle.is_multilabel:
        strongest = [[LABELS[place]] for place in expected.argmax(axis=1)]
        assert [decided for _, decided in scored] == strongest


def test_a_message_is_answered_without_asking_anybody(open_page: OpenPage, static: StaticPage):
    page = open_page("about:blank")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(static.url)
    ready(page).get_by_label("Your message").fill("what a <b>terrible</b> awful day")
    page.keyboard.press("Control+Enter")
    top = page.locator("#scores li").first
    expect(top.locator(".label")).to_have_text("negative")
    expect(page.locator("#scores li")).to_have_count(len(LABELS))
    expect(page.locator("#state")).to_contain_text("negative")
    assert asked and all(url.startswith(static.url) for url in asked), asked


def test_an_empty_message_is_refused_in_words(open_page: OpenPage, static: StaticPage):
    page = ready(open_page(static.url))
    page.get_by_role("button", name="Analyze").click()
    expect(page.locator("#state")).to_contain_text("write a message first")
    expect(page.locator("#scores li")).to_have_count(0)


def test_the_verdict_and_every_model_stand_there_without_a_program(
    open_page: OpenPage, static: StaticPage
):
    page = open_page(static.url, java_script_enabled=False)
    expect(page.get_by_text("Better: Tiny, tuned beats the best free one")).to_be_visible()
    names = page.locator("tbody .name").all_inner_texts()
    assert names == ["Tiny, tuned", "Words counted", "Tiny, bare"]
    stored = json.loads((static.folder / "leaderboard.json").read_text("utf-8"))
    assert len(stored["rows"]) == 3


@pytest.mark.parametrize("color_scheme", ["light", "dark"])
def test_it_reads_well_at_every_width_and_in_both_modes(
    open_page: OpenPage, static: StaticPage, color_scheme: str
):
    page = ready(open_page(static.url, color_scheme=color_scheme))
    page.get_by_label("Your message").fill("a good day")
    page.get_by_role("button", name="Analyze").click()
    expect(page.locator("#scores li")).to_have_count(len(LABELS))
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        assert not (overflow := page.evaluate(OVERFLOW)), (width, overflow)
        assert not (too_faint := page.evaluate(CONTRAST)), (width, too_faint)
        screenshot(page, f"static-{color_scheme}-{width}")


def test_without_tables_the_page_has_measurements_alone(
    open_page: OpenPage, hub_server: RunningHub, tmp_path: Path
):
    ready_folder = write_catalogue(tmp_path / "ready")
    save_leaderboard(leaderboard(), ready_folder / "leaderboard.json")
    hub = connect(hub_server.endpoint, cache_dir=tmp_path / "cache")
    assert not static_page.write(ready_folder, tmp_path / "page", hub)
    page = open_page((tmp_path / "page" / "index.html").as_uri())
    assert page.locator("tbody tr").count() == 3 and page.locator("#ask").count() == 0
