"""The JSON files beside a model's weights, and what they say of the longest input.

Owns what holds for every transformers model; labels and decisions of a classifier are bundle.py's.

Try: python -c "from pathlib import Path; from inference.models.model_files import token_limit; \
print(token_limit(Path('DIR')))"
"""

import json
from pathlib import Path

from inference.core.errors import ModelError

# These model types number positions from pad_token_id + 1, so that many of their
# max_position_embeddings cannot be used (RobertaModel.create_position_ids_from_input_ids).
_OFFSET_POSITIONS = frozenset(
    "camembert data2vec-text ibert longformer luke mpnet roberta roberta-prelayernorm "
    "xlm-roberta xlm-roberta-xl xmod".split()
)


def read_json(path: Path) -> dict[str, object]:
    """Return the JSON object in a file of a model folder.

    Raises:
        ModelError: the file is missing, or holds no JSON object.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ModelError(
            f"{path.name} is missing from {path.parent}; expected a folder written by "
            "save_pretrained"
        ) from None
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise ModelError(f"{path} is not valid JSON ({error}); download it again") from None
    if not isinstance(content, dict):
        raise ModelError(f"{path} holds a {type(content).__name__}, expected a JSON object")
    return content


def token_limit(folder: Path) -> int:
    """Return the longest input of a model, special tokens included.

    The least of: positions in config.json, model_max_length in tokenizer_config.json, and the
    max_seq_length of a sentence-transformers repo.
    """
    config = read_json(folder / "config.json")
    positions = config.get("max_position_embeddings")
    limits = []
    if isinstance(positions, int):
        pad_id = config.get("pad_token_id")
        # transformers' default padding index of all these types
        offset = (pad_id if isinstance(pad_id, int) else 1) + 1
        is_offset = config.get("model_type") in _OFFSET_POSITIONS
        limits.append(positions - offset if is_offset else positions)
    for name, key in (
        ("tokenizer_config.json", "model_max_length"),
        ("sentence_bert_config.json", "max_seq_length"),
    ):
        path = folder / name
        stated = read_json(path).get(key) if path.is_file() else None
        # transformers writes 1e30 for "no limit"
        if isinstance(stated, int | float) and 0 < stated < 10**6:
            limits.append(int(stated))
    return min(limits, default=512)
