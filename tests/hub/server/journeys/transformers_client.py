"""What a user of transformers does with a Hub; prints one JSON line of what came back.

Run by tests/hub/server/test_journeys.py in a process whose environment names the Hub:
python -m tests.hub.server.journeys.transformers_client TINY_MODEL_FOLDER
"""

import json
import sys
from pathlib import Path

from huggingface_hub import HfApi
from transformers import AutoModelForSequenceClassification, AutoTokenizer, pipeline

REPO = "demo/journey-model"


def main(folder: Path) -> dict[str, object]:
    model = AutoModelForSequenceClassification.from_pretrained(folder)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    commit = model.push_to_hub(REPO)
    tokenizer.push_to_hub(REPO)
    api = HfApi()
    api.create_tag(REPO, tag="v1.0.0")
    sha = api.model_info(REPO).sha
    trained = AutoModelForSequenceClassification.from_config(model.config)
    trial = trained.push_to_hub(REPO, revision="trial", commit_message="on a branch")
    trained.push_to_hub("bare-name", private=True)
    seen: dict[str, object] = {
        "url": str(commit),
        "sha": sha,
        "trial": trial.oid,
        "sha_of_trial": api.model_info(REPO, revision="trial").sha,
        "main_after_branch_push": api.model_info(REPO).sha,
        "branches": sorted(ref.name for ref in api.list_repo_refs(REPO).branches),
        "bare": [api.model_info("demo/bare-name").id, api.model_info("demo/bare-name").private],
        "task": api.model_info(REPO).pipeline_tag,
    }
    for name, revision in {"main": "main", "tag": "v1.0.0", "sha": sha}.items():
        loaded = AutoModelForSequenceClassification.from_pretrained(REPO, revision=revision)
        words = AutoTokenizer.from_pretrained(REPO, revision=revision)
        pairs = zip(model.state_dict().values(), loaded.state_dict().values(), strict=True)
        seen[f"at {name}"] = {
            "labels": list(loaded.config.id2label.values()),
            "is_same_weights": all(bool((ours == theirs).all()) for ours, theirs in pairs),
            "is_same_vocabulary": words.get_vocab() == tokenizer.get_vocab(),
        }
    answer = pipeline(model=REPO, revision=sha)("good", top_k=None)
    seen["pipeline"] = sorted(row["label"] for row in answer)
    return seen


if __name__ == "__main__":
    print(json.dumps(main(Path(sys.argv[1]))))
