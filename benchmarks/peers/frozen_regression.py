"""A regression on the untouched encoder: mean-pooled vectors of length 1, scikit-learn's defaults.

What one has with a dozen lines and no training. Needs the project's own environment.

Letters: B texts of a batch, T tokens, H hidden.
"""

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from transformers import AutoModel, AutoTokenizer

from benchmarks.peers import rows

MAX_TOKENS = 128
BATCH = 64


def embed(texts: list[str], folder: str) -> NDArray[np.float32]:
    """Return (N, H) float32, the mean over the tokens of each text, of length 1."""
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModel.from_pretrained(folder).eval()
    limit = min(MAX_TOKENS, model.config.max_position_embeddings)
    order = sorted(range(len(texts)), key=lambda index: len(texts[index]))  # little padding
    vectors = np.empty((len(texts), model.config.hidden_size), np.float32)
    for start in range(0, len(order), BATCH):
        part = order[start : start + BATCH]
        batch = tokenizer(
            [texts[index] for index in part],
            padding=True,
            truncation=True,
            max_length=limit,
            return_tensors="pt",
        )
        with torch.inference_mode():
            hidden = model(**batch).last_hidden_state  # (B, T, H)
        mask = batch["attention_mask"][:, :, None].float()  # (B, T, 1)
        means = (hidden * mask).sum(1) / mask.sum(1)  # (B, T, H) -> (B, H)
        vectors[part] = torch.nn.functional.normalize(means).numpy()
    return vectors


def main() -> None:
    """Fit on all training rows and predict the test rows."""
    task = rows.ask(__doc__)
    regression = LogisticRegression(max_iter=1000)
    regression.fit(embed(task.train_texts, task.model), task.train_labels)
    found = regression.predict(embed(task.test_texts, task.model))
    task.answer([str(label) for label in found])


if __name__ == "__main__":
    main()
