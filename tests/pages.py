"""The pages that a person reads, README.md and docs/, and the blocks of code in them."""

import re
from pathlib import Path

ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"
PAGES = {path: path.read_text("utf-8") for path in (README, *sorted((ROOT / "docs").glob("*.md")))}
TEXT = "\n".join(PAGES.values())


def blocks(language: str, text: str = TEXT) -> list[str]:
    """The blocks of a language, each once."""
    return list(dict.fromkeys(re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)))


def commands(text: str = TEXT) -> list[str]:
    """The lines of the shell blocks, joined where one goes on, without comments."""
    whole = "\n".join(blocks("bash", text)).replace("\\\n", " ")
    lines = [re.sub(r"\s+#.*", "", line).replace(".venv/bin/", "") for line in whole.splitlines()]
    return [line for line in lines if line.strip()]
