"""Tiny models as folders, exported once a run of the tests; random weights, real files."""

import shutil
from pathlib import Path

import pytest

from tests.inference.show import show_hub, shown  # noqa: F401 (fixtures)
from tests.made_once import made_once
from tests.tiny import LABELS, WORDS, make_tiny_model, with_config


def export_onnx(folder: Path, output: str = "logits", *, int8: bool = False) -> Path:
    """Add the float32 ONNX file to a folder, and the int8 one if asked, as training does."""
    from transformers import AutoTokenizer

    from training.export import graph

    converted = graph.convert(folder, output)
    graph.save(converted.program, folder / "onnx" / "model.onnx")
    if int8:
        texts = [" ".join(WORDS[place : place + size]) for place in range(len(WORDS))
                 for size in (2, 5)]  # fmt: skip
        rows = AutoTokenizer.from_pretrained(folder)(texts)["input_ids"]
        graph.save(graph.quantize(converted, rows), folder / "onnx" / "model_quantized.onnx")
    return folder


@pytest.fixture(scope="session")
def onnx_model(tiny_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny three-label BERT with safetensors and both ONNX files."""

    def make(folder: Path) -> None:
        export_onnx(shutil.copytree(tiny_model, folder), int8=True)

    return made_once(tmp_path_factory, "onnx_model", make)


@pytest.fixture(scope="session")
def onnx_multilabel(onnx_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same weights, read as three labels that hold or not."""
    destination = tmp_path_factory.mktemp("multi") / "model"
    return with_config(onnx_model, destination, problem_type="multi_label_classification")


@pytest.fixture(scope="session")
def onnx_roberta(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny three-label RoBERTa, float32: byte-level tokens, positions by the padding id."""
    return made_once(
        tmp_path_factory, "onnx_roberta", lambda folder: export_onnx(make_tiny_roberta(folder))
    )


@pytest.fixture(scope="session")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny bare BERT: safetensors and no head."""
    return make_tiny_model(tmp_path_factory.mktemp("encoder") / "model", labels=None)


@pytest.fixture(scope="session")
def onnx_encoder(encoder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny bare BERT with its float32 ONNX file."""

    def make(folder: Path) -> None:
        export_onnx(shutil.copytree(encoder, folder), "last_hidden_state")

    return made_once(tmp_path_factory, "onnx_encoder", make)


def make_tiny_roberta(folder: Path) -> Path:
    import torch
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers
    from transformers import (
        PreTrainedTokenizerFast,
        RobertaConfig,
        RobertaForSequenceClassification,
    )

    special = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=400, special_tokens=special, initial_alphabet=alphabet, show_progress=False
    )
    tokenizer.train_from_iterator([" ".join(WORDS)] * 3, trainer)
    tokenizer.post_processor = processors.RobertaProcessing(("</s>", 2), ("<s>", 0))
    wrapped = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        model_max_length=62,
        bos_token="<s>",
        eos_token="</s>",
        cls_token="<s>",
        sep_token="</s>",
        pad_token="<pad>",
        unk_token="<unk>",
        mask_token="<mask>",
    )
    torch.manual_seed(0)
    config = RobertaConfig(
        vocab_size=len(wrapped),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=64,
        initializer_range=0.3,
        id2label=dict(enumerate(LABELS)),
        label2id={label: index for index, label in enumerate(LABELS)},
        problem_type="single_label_classification",
    )
    RobertaForSequenceClassification(config).eval().save_pretrained(folder)
    wrapped.save_pretrained(folder)
    return folder
