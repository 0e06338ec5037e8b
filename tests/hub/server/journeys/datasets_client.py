"""What a user of datasets does with a Hub; prints one JSON line of what came back.

Run by tests/hub/server/test_journeys.py in a process whose environment names the Hub:
python -m tests.hub.server.journeys.datasets_client
"""

import io
import json

import pandas as pd
from datasets import Dataset, DatasetDict, load_dataset
from datasets.exceptions import DatasetNotFoundError
from huggingface_hub import CommitOperationAdd, HfApi, HfFileSystem

ROWS = [{"text": f'tweet {n}, "quoted"', "label": n % 3} for n in range(30)]


def upload(api: HfApi, repo_id: str, name: str, content: bytes) -> None:
    api.create_repo(repo_id, repo_type="dataset")
    api.create_commit(
        repo_id,
        [CommitOperationAdd(name, content)],
        commit_message="data",
        repo_type="dataset",
    )


def main() -> dict[str, object]:
    api, table, parquet = HfApi(), pd.DataFrame(ROWS), io.BytesIO()
    table.to_parquet(parquet)
    lines = "".join(json.dumps(row) + "\n" for row in ROWS)
    files = {
        "csv": table.to_csv(index=False).encode(),
        "jsonl": lines.encode(),
        "parquet": parquet.getvalue(),
    }
    seen: dict[str, object] = {}
    for ending, content in files.items():
        upload(api, f"demo/rows-{ending}", f"train.{ending}", content)
        loaded = load_dataset(f"demo/rows-{ending}", split="train")
        seen[ending] = loaded.to_list() == ROWS
    streamed = load_dataset("demo/rows-jsonl", split="train", streaming=True)
    seen["streamed"] = [dict(row) for row in streamed] == ROWS

    pushed = DatasetDict(train=Dataset.from_list(ROWS[:20]), test=Dataset.from_list(ROWS[20:]))
    pushed.push_to_hub("demo/rows-pushed", private=True)
    sha = api.dataset_info("demo/rows-pushed").sha
    pushed.push_to_hub("demo/rows-pushed", commit_message="once more")
    again = load_dataset("demo/rows-pushed", revision=sha)
    seen["pushed"] = {name: split.to_list() for name, split in again.items()} == {
        "train": ROWS[:20],
        "test": ROWS[20:],
    }
    seen["pandas"] = pd.read_csv("hf://datasets/demo/rows-csv/train.csv").to_dict("records") == ROWS
    files_system = HfFileSystem()
    with files_system.open("datasets/demo/rows-csv/notes.txt", "w") as file:
        file.write("kept")
    seen["file system"] = files_system.cat("datasets/demo/rows-csv/notes.txt").decode()
    try:
        load_dataset("demo/no-such-rows")
    except DatasetNotFoundError:
        seen["missing"] = "DatasetNotFoundError"
    return seen


if __name__ == "__main__":
    print(json.dumps(main()))
