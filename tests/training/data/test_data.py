"""From files or a Hub dataset to three parts and their fingerprint."""

import csv

import pytest

from hub.client import connect
from tests.training.toy import toy_config, toy_examples, write_toy_csv
from training.data import data


def _prepare(**changes: object) -> data.Splits:
    config = toy_config(**changes)
    hub = connect("http://127.0.0.1:9")
    return data.prepare(config.data, hub, seed=config.trainer.seed)


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


@pytest.mark.parametrize("count", [31, 99])
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


def test_every_row_of_a_part_is_named_by_its_file_and_number(tmp_path):
    train = write_toy_csv(tmp_path / "train.csv", 40)
    test = write_toy_csv(tmp_path / "held.csv", 6, seed=1)
    splits = _prepare(train_file=str(train), test_file=str(test))
    ids = splits.row_ids()
    assert ids["test"] == [f"held.csv:{row}" for row in range(1, 7)]
    assert sorted(ids["train"] + ids["validation"]) == sorted(
        f"train.csv:{row}" for row in range(1, 41)
    )
    stored = splits.receipt()["splits"]["test"]["ids_sha256"]
    assert stored == data.ids_hash(ids["test"])
    assert stored != data.ids_hash([*ids["test"][1:], ids["test"][0]]), "their order counts"


def test_a_hub_dataset_is_divided_like_a_file(hub_server, tmp_path):
    rows = write_toy_csv(tmp_path / "train.csv", 40)
    api = hub_server.api()
    api.create_repo("demo/toy", repo_type="dataset")
    api.upload_file(
        path_or_fileobj=rows, path_in_repo="train.csv", repo_id="demo/toy", repo_type="dataset"
    )
    hub = connect(hub_server.endpoint, hub_server.token, tmp_path / "cache")
    splits = data.prepare(toy_config(train_file=None, dataset_name="demo/toy").data, hub, seed=42)
    assert splits.train == _prepare(train_file=str(rows)).train
    assert splits.row_ids()["test"][0].startswith("train:")


def test_labels_that_a_part_lacks_are_named_with_what_that_means(tmp_path):
    path = write_toy_csv(tmp_path / "all.csv", 60)
    with path.open("a", encoding="utf-8") as file:
        file.write("what a day,furious\nno way at all,furious\n")
    test = write_toy_csv(tmp_path / "test.csv", 2)
    splits = _prepare(train_file=str(path), test_file=str(test))
    notes = " / ".join(splits.notes)
    assert "no test text is labelled 'furious' (2 in all), 'positive' (20 in all): noth" in notes
    assert "no train text" not in notes


def test_a_label_of_the_future_alone_is_not_learned_and_said_so(tmp_path):
    path = tmp_path / "all.csv"
    rows = "".join(f"{n} words {n},{'new' if n > 95 else n % 2},{n}\n" for n in range(100))
    path.write_text("text,label,when\n" + rows)
    splits = _prepare(train_file=str(path), time_field="when")
    assert "no train text is labelled 'new' (4 in all): nothing of it is learned" in splits.notes
    assert [example.time for example in splits.test] == [float(n) for n in range(90, 100)]


def test_a_given_test_file_needs_no_column_to_divide_by(tmp_path):
    train, test = tmp_path / "train.csv", tmp_path / "test.csv"
    train.write_text(
        "text,label,who\n" + "".join(f"{'so ' * n}much,{n % 2},{n % 10}\n" for n in range(60))
    )
    test.write_text("text,label\nyes,1\nno,0\n")
    splits = _prepare(train_file=str(train), test_file=str(test), group_field="who")
    assert len(splits.test) == 2
    groups = [{example.group for example in part} for part in (splits.train, splits.validation)]
    assert not groups[0] & groups[1]
