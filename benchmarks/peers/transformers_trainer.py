"""Plain fine-tuning: the Trainer of transformers as its introduction shows it.

Learning rate 5e-5 and batches of 8, its defaults; 20 passes over up to 64 rows a label, where the
default of 3 would be a few steps, and 3 over more. Needs the project's own environment.
"""

from collections import Counter

import torch
from transformers import (
    AutoModelForSequenceClassification,
    AutoTokenizer,
    DataCollatorWithPadding,
    Trainer,
    TrainingArguments,
)

from benchmarks.peers import rows

MAX_TOKENS = 128
FEW = 64  # rows of the most frequent label
EPOCHS_OF_FEW, EPOCHS = 20, 3


def main() -> None:
    """Fine-tune on all training rows and predict the test rows."""
    task = rows.ask(__doc__)
    names = task.names
    torch.manual_seed(task.seed)  # the new head is made before the Trainer sets its seed
    tokenizer = AutoTokenizer.from_pretrained(task.model)
    model = AutoModelForSequenceClassification.from_pretrained(
        task.model, num_labels=len(names), ignore_mismatched_sizes=True
    )
    limit = min(MAX_TOKENS, model.config.max_position_embeddings)

    def encode(texts: list[str]) -> list[dict[str, object]]:
        encoded = tokenizer(texts, truncation=True, max_length=limit)
        return [{name: encoded[name][n] for name in encoded} for n in range(len(texts))]

    train = [
        {**row, "labels": names.index(label)}
        for row, label in zip(encode(task.train_texts), task.train_labels, strict=True)
    ]
    most = max(Counter(task.train_labels).values())
    arguments = TrainingArguments(
        output_dir="checkpoints",
        learning_rate=5e-5,
        num_train_epochs=EPOCHS_OF_FEW if most <= FEW else EPOCHS,
        save_strategy="no",
        report_to="none",
        disable_tqdm=True,
        seed=task.seed,
    )
    trainer = Trainer(
        model=model,
        args=arguments,
        train_dataset=train,
        data_collator=DataCollatorWithPadding(tokenizer),
    )
    trainer.train()
    logits = trainer.predict(encode(task.test_texts)).predictions  # (N, C)
    task.answer([names[index] for index in logits.argmax(axis=1).tolist()])


if __name__ == "__main__":
    main()
