"""How to use a model from code: short programs that run as they stand, made for one model.

Owns the programs shown on the page About; a test runs each of them.
"""

from inference.data.problem_types import MULTI

_EXAMPLE = "Two hours late and nobody says why."


def transformers(repo_id: str, revision: str) -> str:
    """Python with transformers: every label with its probability."""
    return f"""\
from transformers import pipeline

classify = pipeline(
    "text-classification",
    "{repo_id}",
    revision="{revision}",
    top_k=None,
)
print(classify("{_EXAMPLE}", truncation=True))
"""


def onnx(repo_id: str, revision: str, problem_type: str) -> str:
    """Python with the small ONNX file, without torch; decided as this Space decides."""
    decide = "scores >= [decision['thresholds'][label] for label in decision['labels']]"
    activate = "1 / (1 + np.exp(-logits))"
    # of a model whose weights hold the thresholds: what makes their scores probabilities again
    offsets = """
offsets = decision.get("logit_offsets", {})
logits += [offsets.get(label, 0) for label in decision["labels"]]"""
    if problem_type != MULTI:
        decide, activate = "scores == scores.max()", "np.exp(logits) / np.exp(logits).sum()"
        offsets = ""
    return f"""\
import json

import numpy as np
import onnxruntime
from huggingface_hub import hf_hub_download
from tokenizers import Tokenizer


def file(name):
    return hf_hub_download("{repo_id}", name, revision="{revision}")


tokenizer = Tokenizer.from_file(file("tokenizer.json"))
model = onnxruntime.InferenceSession(file("onnx/model_quantized.onnx"))
with open(file("decision.json"), encoding="utf-8") as lines:
    decision = json.load(lines)

tokenizer.enable_truncation(decision["max_tokens"])
text = tokenizer.encode("{_EXAMPLE}")
known = dict(input_ids=text.ids, attention_mask=text.attention_mask, token_type_ids=text.type_ids)
feed = {{one.name: np.array([known[one.name]], np.int64) for one in model.get_inputs()}}
logits = model.run(None, feed)[0][0].astype(float){offsets}
logits /= decision["temperature"]
scores = {activate}
decided = {decide}
for label, score, is_decided in zip(decision["labels"], scores, decided):
    print(f"{{label:20}} {{score:.3f}} {{'*' if is_decided else ''}}")
"""


def curl(address: str, repo_id: str) -> str:
    """A shell: this Space's own HTTP API."""
    body = f'{{"texts": ["{_EXAMPLE}"], "models": ["{repo_id}"]}}'
    return f"""\
curl -X POST {address}/api/classify \\
    -H "Content-Type: application/json" \\
    -d '{body}'
"""
