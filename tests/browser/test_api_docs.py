"""The documentation of the HTTP API in a real browser, and the examples of docs/api.md."""

import subprocess
import sys
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import OpenPage, screenshot
from tests.pages import blocks
from tests.space_fixtures import RunningSpace

ADDRESS = "http://localhost:8501"
# A refusal ends the block, as a person would see it.
CURL = 'set -e\ncurl() { command curl -sS --fail-with-body "$@"; echo; }\n'


def examples(language: str) -> list[str]:
    """The blocks of the pages in a language that ask the API."""
    return [block for block in blocks(language) if f"{ADDRESS}/api" in block]


def run(command: list[str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return done.stdout


def test_an_example_is_tried_from_the_page_and_no_other_site_is_asked(
    open_page: OpenPage, space: RunningSpace
):
    page = open_page("about:blank")
    asked: list[str] = []
    problems: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda line: problems.append(line.text) if line.type == "error" else None)
    page.goto(f"{space.url}/api/docs")
    page.locator("[id$=classify_classify_post] .opblock-summary-control").click()
    page.get_by_role("button", name="Execute").click()
    answer = page.locator(".live-responses-table tbody .response-col_status").first
    expect(answer).to_contain_text("200", timeout=60_000)
    screenshot(page, "api-docs")
    sites = {urlsplit(url).netloc for url in asked if url.startswith("http")}
    assert sites == {urlsplit(space.url).netloc}, sites
    assert problems == []


@pytest.mark.parametrize("block", examples("bash"))
def test_what_the_pages_ask_by_curl_is_answered(space: RunningSpace, block: str):
    lines = block.replace("\\\n", " ").splitlines()
    ours = [line for line in lines if f"{ADDRESS}/api" in line]
    said = run(["bash", "-c", CURL + "\n".join(ours).replace(ADDRESS, space.url)])
    assert len(said.splitlines()) == len(ours) and '"error"' not in said


@pytest.mark.parametrize("block", examples("python"))
def test_what_the_pages_ask_from_python_is_answered(space: RunningSpace, block: str):
    assert "demo/tiny-tuned" in run([sys.executable, "-c", block.replace(ADDRESS, space.url)])


@pytest.mark.parametrize("block", examples("javascript"))
def test_what_the_pages_ask_from_a_page_is_answered(
    open_page: OpenPage, space: RunningSpace, block: str
):
    page = open_page(f"{space.url}/api/docs")
    with page.expect_console_message(timeout=60_000) as said:
        page.evaluate(f"async () => {{ {block.replace(ADDRESS, space.url)} }}")
    assert '"label"' in str(said.value.args[0].json_value()).replace("'", '"')


def test_the_pages_show_how_to_ask():
    assert examples("bash"), "no example would have been run"
