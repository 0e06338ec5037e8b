"""AutoIntent's preset classic-light on our encoder: 20 trials of neighbours and regressions.

It holds rows back to choose among them, then fits the choice to all rows. It may decide on none of
the labels, which is stored as null. Needs the packages of autointent.txt.
"""

from autointent import Dataset, Pipeline
from autointent.configs import LoggingConfig, SentenceTransformerEmbeddingConfig

from benchmarks.peers import rows


def main() -> None:
    """Search, fit and predict the test rows."""
    task = rows.ask(__doc__)
    names = task.names
    train = [
        {"utterance": text, "label": names.index(label)}
        for text, label in zip(task.train_texts, task.train_labels, strict=True)
    ]
    pipeline = Pipeline.from_preset("classic-light", seed=task.seed)
    pipeline.set_config(SentenceTransformerEmbeddingConfig(model_name=task.model))
    pipeline.set_config(LoggingConfig(project_dir="runs"))
    pipeline.fit(Dataset.from_dict({"train": train}), refit_after=True)
    found = pipeline.predict(task.test_texts)
    task.answer([None if index is None else names[index] for index in found])


if __name__ == "__main__":
    main()
