"""Cards and scheduled commits, by the parts of huggingface_hub that know no endpoint but
the environment's; prints one JSON line of what came back.

Run by tests/hub/server/test_journeys.py: python -m tests.hub.server.journeys.hub_client FOLDER
"""

import json
import sys
from pathlib import Path

from huggingface_hub import (
    CommitScheduler,
    HfApi,
    ModelCard,
    ModelCardData,
    metadata_update,
    whoami,
)

REPO = "demo/journey-card"


def main(folder: Path) -> dict[str, object]:
    api = HfApi()
    api.create_repo(REPO)
    data = ModelCardData(license="mit", language="en", pipeline_tag="text-classification")
    ModelCard.from_template(data, template_str="---\n{{ card_data }}\n---\nhello").push_to_hub(REPO)
    metadata_update(REPO, {"tags": ["tweets"]})
    info = api.model_info(REPO)
    seen: dict[str, object] = {
        "user": whoami()["name"],
        "card": ModelCard.load(REPO).data.to_dict(),
        "tags": info.tags,
        "license": info.card_data.license,
    }
    (folder / "log.jsonl").write_text('{"row": 1}\n')
    scheduler = CommitScheduler(
        repo_id="journey-log", repo_type="dataset", folder_path=folder, every=60, private=True
    )
    scheduler.trigger().result()
    with scheduler.lock, (folder / "log.jsonl").open("a") as log:
        log.write('{"row": 2}\n')
    scheduler.trigger().result()
    scheduler.stop()
    kept = api.hf_hub_download("demo/journey-log", "log.jsonl", repo_type="dataset")
    seen["log"] = [json.loads(line)["row"] for line in Path(kept).read_text().splitlines()]
    try:
        api.upload_file(
            path_or_fileobj=b"---\nlicense: [mit\n---\n", path_in_repo="README.md", repo_id=REPO
        )
    except ValueError as error:
        seen["broken card"] = str(error)
    return seen


if __name__ == "__main__":
    print(json.dumps(main(Path(sys.argv[1]))))
