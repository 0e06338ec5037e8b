"""From process start to a painted page, to one that takes input and to a first scored table, in
Chromium, and the memory it takes then: our Space beside a Streamlit page that loads its models at
the top of the script, as the systems that this one grew from do. Both have the same two models.
Then what importing costs.

    python -m benchmarks.start [--rounds 3] [--json]        # after a `make demo`
"""

import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

from playwright.sync_api import Browser

from benchmarks import contest, material, served
from benchmarks.contest import Sheet
from benchmarks.material import PROJECT, Demo
from inference.core.errors import run_command
from space_config import chromium, packages

OURS = "server.py"
PEER = "a page that loads its models at the top"
PEER_PAGE = """
import streamlit as st
from transformers import pipeline

classify = pipeline("text-classification", {tuned!r}, top_k=None, device="cpu")
embed = pipeline("feature-extraction", {base!r}, device="cpu")
st.title("Sentiment")
message = {message!r}
embed(message, truncation=True)
st.table([(message, str(classify(message, truncation=True)))])
"""
EMPTY = "a page with a title and nothing else"
EMPTY_PAGE = "import streamlit as st; st.title('Sentiment')"
MESSAGE = "My flight is delayed again"
PAINTED = ".first-results tbody tr"  # app_pages/message/first_paint.py
DRAWN, SCORED = ".st-key-results tbody tr", f'.st-key-results tbody tr:has-text("{MESSAGE}")'
PEER_PAINTED = "[data-testid=stTable] tr"
STREAMLIT = "import streamlit.web.cli"
IMPORTS = f"{STREAMLIT}, server"
HEAVY = {"torch", "transformers", "onnxruntime", "sklearn", "scipy", "accelerate", "datasets"}
_LIMIT_MS = 120_000


class Starts:
    """Starts a page again and again; notes the memory it had when it was asked for."""

    def __init__(self, browser: Browser, environment: Mapping[str, str]) -> None:
        self._browser, self._environment = browser, environment
        self.rss_mib: dict[str, list[float]] = {OURS: [], PEER: []}

    def seconds(
        self, script: Path, shown: str, query: str = "", rss_of: str | None = None
    ) -> float:
        """From the start of its process until `shown` (a CSS selector) is on the page."""
        started = time.perf_counter()
        with served.page(script, self._environment) as space:
            page = self._browser.new_page()
            # not until the event load, for which every script is waited for
            page.goto(f"{space.url}/{query}", wait_until="commit")
            page.locator(shown).first.wait_for(timeout=_LIMIT_MS)
            elapsed = time.perf_counter() - started
            if rss_of is not None:
                self.rss_mib[rss_of].append(space.rss_mib())
            page.close()
        return elapsed


def import_seconds(statement: str) -> float:
    """Of a fresh interpreter, what is the same for all left in."""
    started = time.perf_counter()
    subprocess.run([sys.executable, "-c", statement], cwd=PROJECT, check=True)
    return time.perf_counter() - started


def heavy_imports() -> set[str]:
    """Those of HEAVY that the server has loaded before anybody asks it anything."""
    code = f"import sys; {IMPORTS}; print(*sys.modules)"
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=PROJECT, check=True, capture_output=True, text=True)
    return HEAVY & set(done.stdout.split())


def measure(
    browser: Browser, demo: Demo, peer: Path, empty: Path, rounds: int, sheet: Sheet
) -> None:
    """Note what opening the pages takes; the empty one tells what Streamlit itself does."""
    starts, space = Starts(browser, demo.environment()), PROJECT / "server.py"
    query = f"?text={quote(MESSAGE)}"
    measures = {
        OURS: lambda: starts.seconds(space, PAINTED),
        f"{OURS}, drawn": lambda: starts.seconds(space, DRAWN),
        f"{OURS}, a message scored": lambda: starts.seconds(space, SCORED, query, OURS),
        PEER: lambda: starts.seconds(peer, PEER_PAINTED, "", PEER),
        EMPTY: lambda: starts.seconds(empty, "h1"),
    }
    seen = contest.interleave(measures, rounds)
    painted = {name: seen[name] for name in (OURS, PEER, EMPTY)}
    targets = {PEER: "ours <= 2 s", EMPTY: "ours <= 2 s"}
    sheet.compare("first painted page", painted, ours=OURS, targets=targets, unit="s")
    drawn = {OURS: seen[f"{OURS}, drawn"], PEER: seen[PEER], EMPTY: seen[EMPTY]}
    targets = {PEER: "none", EMPTY: "none"}
    sheet.compare("page that takes input", drawn, ours=OURS, targets=targets, unit="s")
    scored = {OURS: seen[f"{OURS}, a message scored"], PEER: seen[PEER]}
    targets = {PEER: "ours <= 3 s"}
    sheet.compare("first scored table", scored, ours=OURS, targets=targets, unit="s")
    targets = {PEER: "ours <= 400 MiB"}
    work = "resident memory, two models loaded"
    sheet.compare(work, starts.rss_mib, ours=OURS, targets=targets, unit="MiB")


def main() -> None:
    """Print the seconds, the memory and their ratios."""
    flags = material.parser(__doc__).parse_args()
    demo = Demo(flags.demo)
    sheet = Sheet("start", is_json_only=flags.json)
    with tempfile.TemporaryDirectory() as folder, chromium.launched() as browser:
        peer, empty = Path(folder) / "peer.py", Path(folder) / "empty.py"
        empty.write_text(EMPTY_PAGE)
        models = {
            "tuned": str(demo.run.resolve()),
            "base": str(packages.fetch(packages.BASE_MODEL)),
        }
        peer.write_text(PEER_PAGE.format(message=MESSAGE, **models))
        measure(browser, demo, peer, empty, flags.rounds, sheet)
    imports = {name: (lambda s=name: import_seconds(s)) for name in (IMPORTS, STREAMLIT)}
    seen = contest.interleave(imports, flags.rounds)
    sheet.compare("import", seen, ours=IMPORTS, targets={STREAMLIT: "<= 1.5"}, unit="s")
    loaded = heavy_imports()
    sheet.note("heavy packages that importing server.py loads", len(loaded), "0", "packages")
    sheet.close()


if __name__ == "__main__":
    run_command(main)
