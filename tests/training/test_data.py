"""From files or a Hub dataset to three parts and their fingerprint."""

import csv

import pytest

from hub.client import connect
from inference.errors import DataError
from tests.training.toy import toy_config, toy_examples, write_toy_csv
from training import data


def _prepare(**changes: object) -> data.Splits:
    return data.prepare(toy_config(**changes), connect("http://127.0.0.1:9"))


def _texts(part) -> list[str]:
    return [example.fields["text"] for example in part]


def test_given_parts_are_used_as_they_are(tmp_path):
    files = {
        "train_file": str(write_toy_csv(tmp_path / "train.csv", 30, seed=1)),
        "validation_file": str(write_toy_csv(tmp_path / "validation.csv", 9, seed=2)),
        "test_file": str(write_toy_csv(tmp_path / "test.csv", 12, seed=3)),
    }
    splits = _prepare(**files)
    assert _texts(splits.train) == _texts(toy_examples(30, seed=1))
    assert _texts(splits.validation) == _texts(toy_examples(9, seed=2))
    assert _texts(splits.test) == _texts(toy_examples(12, seed=3))


def test_missing_parts_are_held_back_and_nothing_is_lost(tmp_path):
    path = write_toy_csv(tmp_path / "all.csv", 200)
    splits = _prepare(train_file=str(path), validation_size=0.1, test_size=0.2)
    sizes = [len(splits.train), len(splits.validation), len(splits.test)]
    assert sizes == [140, 20, 40]
    kept = _texts(splits.train) + _texts(splits.validation) + _texts(splits.test)
    assert sorted(kept) == sorted(_texts(toy_examples(200)))


def test_the_same_seed_gives_the_same_hashes_and_another_one_others(tmp_path):
    path = write_toy_csv(tmp_path / "all.csv", 60)
    receipts = [_prepare(train_file=str(path), seed=seed).receipt() for seed in (1, 1, 2)]
    assert receipts[0] == receipts[1]
    assert receipts[0]["splits"] != receipts[2]["splits"]


@pytest.mark.parametrize("count", [31, 60, 99])
def test_a_sample_has_at_most_so_many_texts_in_the_same_proportions(tmp_path, count):
    path = write_toy_csv(tmp_path / "all.csv", 200)
    splits = _prepare(train_file=str(path), max_train_samples=count)
    counts = splits.receipt()["splits"]["train"]["label_counts"].values()
    assert sum(counts) == count
    assert max(counts) - min(counts) <= 1


def test_a_sample_of_several_labels_has_exactly_so_many_texts(tmp_path):
    path = tmp_path / "many.csv"
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["text", "a", "b"])
        writer.writerows([f"text {n}", int(n % 3 == 0), int(n % 7 == 0)] for n in range(300))
    splits = _prepare(train_file=str(path), label_fields=("a", "b"), max_train_samples=100)
    assert splits.is_multilabel
    assert len(splits.train) == 100


def test_the_receipt_counts_every_row_and_holds_no_text(tmp_path):
    path = write_toy_csv(tmp_path / "all.csv", 60)
    with path.open("a", encoding="utf-8") as file:
        file.write('"   ",positive\nsecret words,\n')
    receipt = _prepare(train_file=str(path)).receipt()
    (source,) = receipt["sources"]
    assert (source["rows_in"], source["kept"], source["rejected"]) == (62, 60, 2)
    assert "all.csv:61:" in receipt["rejected_rows"][0]
    assert "secret" not in str(receipt)


def test_test_texts_that_were_trained_on_are_counted(tmp_path):
    train = write_toy_csv(tmp_path / "train.csv", 30)
    test = write_toy_csv(tmp_path / "test.csv", 6)
    splits = _prepare(train_file=str(train), validation_file=str(test), test_file=str(test))
    assert "6 test texts also occur in the training part" in " ".join(splits.notes)


def test_a_label_unknown_to_the_training_part_is_rejected_by_row(tmp_path):
    train = write_toy_csv(tmp_path / "train.csv", 60)
    test = write_toy_csv(tmp_path / "test.csv", 6)
    with test.open("a", encoding="utf-8") as file:
        file.write("what is this,furious\n")
    splits = _prepare(train_file=str(train), test_file=str(test))
    assert len(splits.test) == 6
    assert "test.csv:7" in str(splits.rejected[0])


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
    splits = data.prepare(toy_config(train_file=None, dataset_name=repo_id), hub)
    assert splits.labels == ("no", "yes")
    assert [example.labels for example in splits.test] == [("no",), ("yes",)]
    assert len(splits.validation) == 4
    assert len(splits.rejected) == 1


def test_a_csv_dataset_keeps_na_and_none_as_texts(hub_server, tmp_path):
    path = tmp_path / "train.csv"
    path.write_text("text,label\n" + "".join(f"{t},x\n{t} 2,y\n" for t in ("NA", "None", "null")))
    api = hub_server.api()
    api.create_repo("demo/na", repo_type="dataset")
    api.upload_file(
        path_or_fileobj=path, path_in_repo="train.csv", repo_id="demo/na", repo_type="dataset"
    )
    hub = connect(hub_server.endpoint, hub_server.token, tmp_path / "cache")
    config = toy_config(
        train_file=None, dataset_name="demo/na", validation_size=0.34, test_size=0.34
    )
    splits = data.prepare(config, hub)
    kept = _texts(splits.train) + _texts(splits.validation) + _texts(splits.test)
    assert sorted(kept) == ["NA", "NA 2", "None", "None 2", "null", "null 2"]


def test_a_dataset_without_a_training_split_is_refused(hub_server, tmp_path):
    rows = {"text": ["a", "b"], "label": [0, 1]}
    repo_id = _publish_dataset(hub_server, "untrained", test=rows)
    hub = connect(hub_server.endpoint, hub_server.token, tmp_path / "cache")
    with pytest.raises(DataError, match="has no split called train, it has test"):
        data.prepare(toy_config(train_file=None, dataset_name=repo_id), hub)
