"""What a repo says about itself: the front matter of README.md and, for models, config.json.

The Hub infers a model's task and library where the card is silent; `pipeline(model=id)` needs
both. Only what clients ask for is inferred here.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

import yaml

MAX_BYTES = 2**20  # a longer README or config.json is kept, but not read for metadata
_MAX_CARD_BYTES = 2**17  # of front matter; PyYAML reads some 100 kB a second
# architecture suffix in config.json -> task, as the Hub names them
_TASKS = {
    "ForSequenceClassification": "text-classification",
    "ForTokenClassification": "token-classification",
    "ForQuestionAnswering": "question-answering",
    "ForMaskedLM": "fill-mask",
    "ForCausalLM": "text-generation",
    "Model": "feature-extraction",
}


@dataclass(frozen=True)
class Metadata:
    """A repo's card data and what follows from it; all values are plain JSON."""

    card: Mapping[str, object] = field(default_factory=dict)
    pipeline_tag: str | None = None
    library_name: str | None = None
    tags: tuple[str, ...] = ()


class BadCard(ValueError):
    """The front matter of a README.md cannot be used; the text says why."""


def front_matter(text: str) -> dict[str, object]:
    """The YAML mapping between the two `---` lines that open a README.md; {} without them.

    Raises:
        BadCard: it is not YAML, not a mapping, or too large once its aliases are expanded.
    """
    lines = text.lstrip("\ufeff").splitlines()
    if not lines or lines[0].strip() != "---" or "---" not in [x.rstrip() for x in lines[1:]]:
        return {}
    end = [line.rstrip() for line in lines[1:]].index("---") + 1
    block = "\n".join(lines[1:end])
    if len(block) > _MAX_CARD_BYTES:
        raise BadCard(f"README.md: its front matter is over {_MAX_CARD_BYTES} bytes.")
    try:
        card = yaml.safe_load(block)
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise BadCard(f"README.md: its front matter is not valid YAML: {error}") from error
    if card is None:
        return {}
    if not isinstance(card, dict):
        raise BadCard("README.md: its front matter must be a mapping, 'key: value' lines.")
    return _plain(card)


def _plain(card: dict[object, object]) -> dict[str, object]:
    """The card as strict JSON: dates as text, NaN as null, no room for aliases to explode in."""
    encoder = json.JSONEncoder(default=str, ensure_ascii=False)
    pieces, size = [], 0
    try:
        for piece in encoder.iterencode({str(key): value for key, value in card.items()}):
            pieces.append(_encodable(piece))
            size += len(piece)
            if size > MAX_BYTES:
                raise ValueError(f"its aliases expand to over {MAX_BYTES} bytes")
    except (TypeError, ValueError, RecursionError) as error:
        raise BadCard(f"README.md: its front matter cannot be read: {error}") from error
    plain: dict[str, object] = json.loads("".join(pieces), parse_constant=lambda _: None)
    return plain


def _encodable(text: str) -> str:
    """The text without halves of surrogate pairs, which no answer could carry."""
    return text.encode("utf-8", "replace").decode()


def read_metadata(readme: bytes | None, config: bytes | None) -> Metadata:
    """What the two files say; a broken one says nothing, as on the Hub."""
    try:
        card = front_matter((readme or b"").decode("utf-8", "replace"))
    except BadCard:
        card = {}
    inferred_task, model_type = _infer(config)
    task = card.get("pipeline_tag")
    library = card.get("library_name")
    pipeline_tag = task if isinstance(task, str) else inferred_task
    library_name = library if isinstance(library, str) else ("transformers" if model_type else None)
    tags = [library_name, model_type, pipeline_tag, *_words(card.get("tags"))]
    tags += _words(card.get("language"))
    for key, prefix in (("license", "license"), ("datasets", "dataset"), ("base_model",) * 2):
        tags += [f"{prefix}:{word}" for word in _words(card.get(key))]
    tags += [f"task_categories:{word}" for word in _words(card.get("task_categories"))]
    return Metadata(card, pipeline_tag, library_name, tuple(dict.fromkeys(filter(None, tags))))


def _words(value: object) -> list[str]:
    """A card field that holds one word or a list of them, as a list."""
    values = value if isinstance(value, list) else [value]
    return [word for word in values if isinstance(word, str)]


def _infer(config: bytes | None) -> tuple[str | None, str | None]:
    """(task, model type) that a transformers config.json implies."""
    try:
        content = json.loads(config or b"{}")
    except (ValueError, RecursionError):
        return None, None
    model_type = content.get("model_type") if isinstance(content, dict) else None
    if not isinstance(model_type, str):
        return None, None
    model_type = _encodable(model_type)
    for architecture in _words(content.get("architectures")):
        for suffix, task in _TASKS.items():
            if architecture.endswith(suffix):
                return task, model_type
    return None, model_type
