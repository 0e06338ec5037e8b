"""SetFit with its defaults, but for a bound on its steps.

Its defaults draw pairs of all training rows: some 49,000 of 256 rows, hours on two cores. The bound
cuts that off; the learning rate falls to zero over the steps that are done. Needs the packages of
setfit.txt.
"""

from collections import Counter

from datasets import Dataset
from setfit import SetFitModel, Trainer, TrainingArguments

from benchmarks.peers import rows

MAX_STEPS = 400
BATCH = 16  # pairs; the default


def count_pairs(labels: list[str]) -> int:
    """How many pairs the defaults draw: those of the more frequent kind, alike or not, twice."""
    counts = Counter(labels).values()
    alike = sum(count * (count + 1) // 2 for count in counts)
    unlike = (len(labels) ** 2 - sum(count**2 for count in counts)) // 2
    return 2 * max(alike, unlike)


def main() -> None:
    """Tune the encoder by pairs, fit the head, predict the test rows."""
    task = rows.ask(__doc__)
    model = SetFitModel.from_pretrained(task.model)
    arguments = TrainingArguments(
        output_dir="checkpoints",
        # not always, as fewer pairs would then be gone through several times
        max_steps=MAX_STEPS if count_pairs(task.train_labels) > MAX_STEPS * BATCH else -1,
        save_strategy="no",
        report_to="none",
        seed=task.seed,
    )
    train = Dataset.from_dict({"text": task.train_texts, "label": task.train_labels})
    Trainer(model=model, args=arguments, train_dataset=train).train()
    found = model.predict(task.test_texts, show_progress_bar=False)
    task.answer([str(label) for label in found])


if __name__ == "__main__":
    main()
