"""From process start to a painted first page, in Chromium: our Space beside a Streamlit page that
loads its models at the top of the script, as the systems that this one grew from do.

    python -m benchmarks.start READY_CATALOGUE RUN_FOLDER        # of a finished `make demo`
"""

import argparse
import shutil
import sys
import tempfile
import time
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from benchmarks import contest
from inference import settings
from space_config.servers import HOST, Servers, free_port

OURS = "server.py"
PEER = "a page that loads its model at the top"
PEER_PAGE = """
import streamlit as st
from transformers import pipeline

classify = pipeline("text-classification", {folder!r}, top_k=None, device="cpu")
st.title("Sentiment")
st.table([(message, str(classify(message, truncation=True))) for message in {messages!r}])
"""
MESSAGES = ("Best concert of my life", "My flight is delayed again")
FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run")


def seconds_to_paint(browser: Browser, script: Path, catalogue: Path, painted: str) -> float:
    """From starting streamlit on `script` until `painted` (a CSS selector) is on the page."""
    port = free_port()
    command = [sys.executable, "-m", "streamlit", "run", str(script), "--server.port", str(port)]
    command += ["--server.address", HOST, "--server.headless", "true"]
    environment = settings.child_environment(SPACE_CATALOGUE=str(catalogue))
    with tempfile.TemporaryDirectory() as folder, Servers(Path(folder)) as servers:
        started = time.perf_counter()
        servers.start("space", command, f"http://{HOST}:{port}/_stcore/health", environment)
        page = browser.new_page()
        page.goto(f"http://{HOST}:{port}")
        page.locator(painted).first.wait_for(timeout=120_000)
        elapsed = time.perf_counter() - started
        page.close()
    return elapsed


def main() -> None:
    """Print the seconds and their ratio."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("catalogue", type=Path)
    parser.add_argument("model", type=Path)
    parser.add_argument("--rounds", type=int, default=3)
    flags = parser.parse_args()
    chromium = shutil.which("chromium")
    if chromium is None:
        raise SystemExit("error: no chromium on this machine; `make test` installs it")
    root = Path(__file__).parent.parent
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        page = Path(folder) / "peer.py"
        page.write_text(PEER_PAGE.format(folder=str(flags.model.resolve()), messages=MESSAGES))
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        ready = flags.catalogue.resolve()
        ours = ".st-key-results tbody tr"
        measures = {
            OURS: lambda: seconds_to_paint(browser, root / "server.py", ready, ours),
            PEER: lambda: seconds_to_paint(browser, page, ready, "[data-testid=stTable] tr"),
        }
        seen = contest.interleave(measures, flags.rounds)
        browser.close()
    targets = {PEER: "ours <= 2 s"}
    contest.report("start", "first painted table", seen, ours=OURS, targets=targets, unit="s")


if __name__ == "__main__":
    main()
