"""A dataset on the Hub brings its splits, the names of its labels, and texts such as NA."""

import pytest

from hub.client import connect
from inference.core.errors import DataError
from tests.training.toy import toy_config
from training.data import hub_dataset


def _publish_dataset(hub_server, name: str, **parts) -> str:
    from datasets import ClassLabel, Dataset, DatasetDict, Features, Value

    features = Features({"text": Value("string"), "label": ClassLabel(names=["no", "yes"])})
    loaded = {part: Dataset.from_dict(rows, features=features) for part, rows in parts.items()}
    repo_id = f"demo/{name}"
    hub_server.api().create_repo(repo_id, repo_type="dataset")
    for part, dataset in DatasetDict(loaded).items():
        folder = hub_server.root.parent / name
        folder.mkdir(exist_ok=True)
        dataset.to_parquet(folder / f"{part}.parquet")
        hub_server.api().upload_file(
            path_or_fileobj=folder / f"{part}.parquet",
            path_in_repo=f"data/{part}-00000-of-00001.parquet",
            repo_id=repo_id,
            repo_type="dataset",
        )
    return repo_id


def test_a_hub_dataset_brings_its_splits_and_the_names_of_its_labels(hub_server, tmp_path):
    rows = {"text": [f"text {n}" for n in range(40)], "label": [n % 2 for n in range(40)]}
    unlabelled = {"text": ["a", "b", "c"], "label": [0, 1, -1]}
    repo_id = _publish_dataset(hub_server, "classes", train=rows, test=unlabelled)
    hub = connect(hub_server.endpoint, hub_server.token, tmp_path / "cache")
    given = hub_dataset.read(toy_config(train_file=None, dataset_name=repo_id).data, hub)
    assert list(given) == ["train", "test"]
    assert given["train"].labels == ("no", "yes")
    assert [example.labels for example in given["test"].examples] == [("no",), ("yes",)]
    assert [one.row for one in given["test"].rejected] == [3]


def test_a_csv_dataset_keeps_na_and_none_as_texts(hub_server, tmp_path):
    path = tmp_path / "train.csv"
    path.write_text("text,label\n" + "".join(f"{t},x\n{t} 2,y\n" for t in ("NA", "None", "null")))
    api = hub_server.api()
    api.create_repo("demo/na", repo_type="dataset")
    api.upload_file(
        path_or_fileobj=path, path_in_repo="train.csv", repo_id="demo/na", repo_type="dataset"
    )
    hub = connect(hub_server.endpoint, hub_server.token, tmp_path / "cache")
    given = hub_dataset.read(toy_config(train_file=None, dataset_name="demo/na").data, hub)
    kept = [example.fields["text"] for example in given["train"].examples]
    assert sorted(kept) == ["NA", "NA 2", "None", "None 2", "null", "null 2"]


def test_only_the_part_that_is_divided_needs_the_column_of_the_group(hub_server, tmp_path):
    from datasets import Dataset

    rows = {"text": ["a", "b"], "label": ["x", "y"]}
    parts = {"train": {**rows, "who": ["ann", "bob"]}, "test": rows}
    hub_server.api().create_repo("demo/who", repo_type="dataset")
    for part, columns in parts.items():
        Dataset.from_dict(columns).to_parquet(tmp_path / f"{part}.parquet")
        hub_server.api().upload_file(
            path_or_fileobj=tmp_path / f"{part}.parquet",
            path_in_repo=f"{part}/0.parquet",
            repo_id="demo/who",
            repo_type="dataset",
        )
    hub = connect(hub_server.endpoint, hub_server.token, tmp_path / "cache")
    config = toy_config(train_file=None, dataset_name="demo/who", group_field="who")
    given = hub_dataset.read(config.data, hub)
    assert [one.group for one in given["train"].examples] == ["ann", "bob"]
    assert [one.group for one in given["test"].examples] == [None, None]


def test_a_dataset_without_a_training_split_is_refused(hub_server, tmp_path):
    rows = {"text": ["a", "b"], "label": [0, 1]}
    repo_id = _publish_dataset(hub_server, "untrained", test=rows)
    hub = connect(hub_server.endpoint, hub_server.token, tmp_path / "cache")
    with pytest.raises(DataError, match="has no split called train, it has test"):
        hub_dataset.read(toy_config(train_file=None, dataset_name=repo_id).data, hub)
