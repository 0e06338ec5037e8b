"""A random BERT of a few thousand weights with a toy tokenizer, made on the spot."""

import json
import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np

LABELS = ("negative", "neutral", "positive")

WORDS = (
    "good bad fine awful great terrible love hate happy sad movie food day service product "
    "really very not so the a is was it this that i you we they and but delighted angry calm"
).split()


def sentences(count: int, longest: int = 20) -> list[str]:
    """Texts of 1 to `longest` - 1 known words, the same each time."""
    rng = np.random.default_rng(0)
    return [" ".join(rng.choice(WORDS, rng.integers(1, longest))) for _ in range(count)]


def make_tiny_model(
    folder: Path,
    labels: Sequence[str] | None = ("negative", "neutral", "positive"),
    problem_type: str = "single_label_classification",
    seed: int = 0,
    layers: int = 2,
    most_tokens: int = 64,
) -> Path:
    """Save model and tokenizer to a folder; labels None gives the bare encoder.

    layers: each makes the export to ONNX a second longer. most_tokens: of a text, that it reads.

    Large initial weights, so that different texts get clearly different scores.
    """
    import torch
    from transformers import BertConfig, BertForSequenceClassification, BertModel

    torch.manual_seed(seed)
    size = {"hidden_size": 32, "num_hidden_layers": layers, "num_attention_heads": 2}
    tokenizer = make_tokenizer(most_tokens)
    config = BertConfig(
        vocab_size=len(tokenizer),
        intermediate_size=64,
        max_position_embeddings=most_tokens,
        initializer_range=0.3,
        **size,
    )
    if labels is None:
        model = BertModel(config)
    else:
        config.id2label = dict(enumerate(labels))
        config.label2id = {label: index for index, label in enumerate(labels)}
        config.problem_type = problem_type
        model = BertForSequenceClassification(config)
    model.eval().save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def make_tokenizer(most_tokens: int = 64):
    """A word tokenizer with BERT's special tokens; unknown words fall apart into letters."""
    from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors
    from transformers import PreTrainedTokenizerFast

    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    letters = [chr(code) for code in range(ord("!"), ord("~") + 1) if not chr(code).isupper()]
    pieces = [*special, *letters, *(f"##{letter}" for letter in letters)]
    vocabulary = {piece: index for index, piece in enumerate(dict.fromkeys([*pieces, *WORDS]))}
    tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] $B:1 [SEP]:1",
        special_tokens=[(token, vocabulary[token]) for token in ("[CLS]", "[SEP]")],
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        model_max_length=most_tokens,
        pad_token="[PAD]",
        unk_token="[UNK]",
        cls_token="[CLS]",
        sep_token="[SEP]",
        mask_token="[MASK]",
    )


def with_config(folder: Path, destination: Path, **changes: object) -> Path:
    """A copy of a model folder with other values in config.json."""
    shutil.copytree(folder, destination)
    config = json.loads((destination / "config.json").read_text())
    (destination / "config.json").write_text(json.dumps(config | changes))
    return destination
