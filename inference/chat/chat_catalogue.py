"""The chat on show: chat.yaml of a catalogue folder, which names a base model and its tuned child.

    title: Small talk
    base: {repo_id: demo/small-base, revision: null}
    tuned: {repo_id: demo/small-talk, revision: null}
    system_prompt: null
    examples: [What is your name?]

Owns reading and writing it. The file is optional: without it there is no chat page.

Try: python -c "from pathlib import Path; from inference.chat import chat_catalogue as c; \
print(c.load(Path('DIR')))"
"""

import re
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import yaml

from hub.client import Hub, validate_repo_id
from hub.errors import NotFound
from inference.core.atomic_write import write_whole
from inference.core.errors import ConfigError
from inference.core.yaml_values import (
    read_yaml,
    refuse_unknown,
    require_mapping,
    require_text,
    require_texts,
)

FILE_NAME = "chat.yaml"
_SAYS_WHAT = ("config.json", "chat.json")  # one of them is in each repo of a chat model
_SHA = re.compile(r"[0-9a-f]{40}")


@dataclass(frozen=True)
class ChatEntry:
    """A model that answers: a repo at a commit, or at main where revision is None."""

    repo_id: str
    revision: str | None = None


@dataclass(frozen=True)
class ChatCatalogue:
    """The two that answer side by side.

    system_prompt: said first to both; None leaves each its own. examples: first messages to try.
    """

    title: str
    base: ChatEntry
    tuned: ChatEntry
    system_prompt: str | None = None
    examples: tuple[str, ...] = ()


def load(folder: Path) -> ChatCatalogue | None:
    """Read chat.yaml; None where the folder has none.

    Raises:
        ConfigError: it is not YAML, or has a key or value that cannot be used.
    """
    path = folder / FILE_NAME
    if not path.is_file():
        return None
    raw = read_yaml(path)
    refuse_unknown(raw, ("title", "base", "tuned", "system_prompt", "examples"), str(path))
    prompt, examples = raw.get("system_prompt"), raw.get("examples")
    return ChatCatalogue(
        title=require_text(raw.get("title"), f"{path}: title"),
        base=_entry(raw.get("base"), f"{path}: base"),
        tuned=_entry(raw.get("tuned"), f"{path}: tuned"),
        system_prompt=None if prompt is None else require_text(prompt, f"{path}: system_prompt"),
        examples=() if not examples else require_texts(examples, f"{path}: examples"),
    )


def pin(catalogue: ChatCatalogue, hub: Hub) -> ChatCatalogue:
    """The same with both models at the commits that their revisions name now.

    Raises:
        HubError: a repo cannot be seen, or the Hub does not answer.
    """
    base, tuned = (
        ChatEntry(
            entry.repo_id,
            hub.resolve(entry.repo_id, entry.revision or "main", allow_patterns=_SAYS_WHAT).sha,
        )
        for entry in (catalogue.base, catalogue.tuned)
    )
    return replace(catalogue, base=base, tuned=tuned)


def save(catalogue: ChatCatalogue, folder: Path) -> None:
    """Write chat.yaml into the folder, whole or not at all."""
    content = {**asdict(catalogue), "examples": list(catalogue.examples)}
    written = yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=100)
    write_whole(folder / FILE_NAME, written)


def _entry(raw: object, where: str) -> ChatEntry:
    fields = require_mapping(raw, where)
    refuse_unknown(fields, ("repo_id", "revision"), where)
    repo_id, revision = (
        require_text(fields.get("repo_id"), f"{where}: repo_id"),
        fields.get("revision"),
    )
    try:
        validate_repo_id(repo_id)
    except NotFound as error:
        raise ConfigError(f"{where}: {error}") from None
    if revision is not None and not _SHA.fullmatch(str(revision)):
        raise ConfigError(
            f"{where}: revision is {revision!r}; expected null, or a commit of 40 hex digits, "
            "as a branch or tag may move"
        )
    return ChatEntry(repo_id, None if revision is None else str(revision))
