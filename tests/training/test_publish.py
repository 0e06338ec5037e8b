import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from huggingface_hub import HfApi
from huggingface_hub.errors import RepositoryNotFoundError

from hub.client import Hub, connect
from hub.errors import AccessDenied, Conflict, HubError
from inference.core.errors import ModelError
from inference.runs import publication
from tests.hub_fixtures import PROJECT, RunningHub
from tests.training.finished_run import make_finished_run, write_receipt
from training.publish import publish_run
from training.publishing.classifier_files import ALLOWED

pytestmark = pytest.mark.slow


@pytest.fixture
def run(tmp_path: Path) -> Path:
    return make_finished_run(tmp_path / "tweets")


@pytest.fixture
def hub(hub_server: RunningHub, tmp_path: Path) -> Hub:
    return connect(hub_server.endpoint, hub_server.token, tmp_path / "cache")


@pytest.fixture
def api(hub_server: RunningHub) -> HfApi:
    return hub_server.api()


def _commits(api: HfApi, repo_id: str) -> list[str]:
    return [commit.commit_id for commit in api.list_repo_commits(repo_id)]


def test_one_commit_with_the_allowed_files_and_a_tag(run: Path, hub: Hub, api: HfApi):
    published = publish_run(run, "demo/one-commit", hub)
    commits = _commits(api, "demo/one-commit")
    assert commits[0] == published.sha
    assert len(commits) == 2, "creating the repo, and ours"
    (tag,) = api.list_repo_refs("demo/one-commit").tags
    assert (tag.name, tag.target_commit, published.tag) == ("v1", published.sha, "v1")
    files = set(api.list_repo_files("demo/one-commit")) - {".gitattributes"}
    assert files <= set(ALLOWED), files
    assert {"README.md", "model.safetensors", "run.json", "results/golden.json"} <= files


def test_paths_of_this_machine_stay_here(run: Path, hub: Hub, tmp_path: Path):
    published = publish_run(run, "demo/paths", hub)
    config = json.loads((hub.resolve("demo/paths", published.sha).folder / "run.json").read_text())
    assert config["config"]["train_file"] == "my tweets.csv"
    assert str(tmp_path) not in json.dumps(config)
    assert "/home/alice" in (run / "run.json").read_text(), "the run folder keeps its own"


def test_the_same_folder_again_is_no_new_commit(run: Path, hub: Hub, api: HfApi):
    first = publish_run(run, "demo/twice", hub)
    assert publication.load(run) == first
    again = publish_run(run, "demo/twice", hub)
    assert (again.sha, again.tag) == (first.sha, "v1")
    assert len(_commits(api, "demo/twice")) == 2


def test_a_changed_run_gets_the_next_tag(run: Path, hub: Hub, api: HfApi):
    first = publish_run(run, "demo/changed", hub)
    write_receipt(run, {"notice": "other", "sha256": {}}, language="de")
    second = publish_run(run, "demo/changed", hub)
    assert (second.tag, second.sha != first.sha) == ("v2", True)
    assert 'revision="v2"' in (run / "README.md").read_text()
    assert {tag.name for tag in api.list_repo_refs("demo/changed").tags} == {"v1", "v2"}


def test_files_that_the_new_run_lacks_leave_the_repo(run: Path, hub: Hub, api: HfApi):
    publish_run(run, "demo/stale", hub)
    (run / "results" / "metrics.json").unlink()
    write_receipt(run, {"notice": "other", "sha256": {}})
    publish_run(run, "demo/stale", hub)
    assert "results/metrics.json" not in api.list_repo_files("demo/stale")


def test_a_publication_that_broke_off_before_its_tag_is_carried_on(run: Path, hub: Hub, api: HfApi):
    first = publish_run(run, "demo/broke-off", hub)
    api.delete_tag("demo/broke-off", tag="v1")
    again = publish_run(run, "demo/broke-off", hub)
    assert (again.sha, again.tag) == (first.sha, "v1")


def test_a_tag_of_other_content_is_refused_before_anything_is_sent(run: Path, hub: Hub, api: HfApi):
    publish_run(run, "demo/tagged", hub, tag="stable")
    write_receipt(run, {"notice": "other", "sha256": {}}, language="de")
    with pytest.raises(Conflict, match="stable"):
        publish_run(run, "demo/tagged", hub, tag="stable")
    assert len(_commits(api, "demo/tagged")) == 2


def test_a_text_that_is_no_tag_is_refused_before_a_repo_is_made(run: Path, hub: Hub):
    with pytest.raises(HubError, match="'bad tag' cannot be a tag"):
        publish_run(run, "demo/bad-tag", hub, tag="bad tag")
    assert not hub.exists("demo/bad-tag")


@pytest.mark.parametrize(
    "changes, said",
    [
        ({"config": None}, "config is None, expected an object"),
        ({"config": {"hub_model_id": 3}}, "config.hub_model_id is 3, expected a text"),
        ({"config": {"train_file": 3}}, "config.train_file is 3, expected a text or a list"),
        ({"export": [1]}, r"export is \[1\], expected an object"),
    ],
)
def test_a_damaged_receipt_is_refused_by_its_key(run: Path, hub: Hub, changes, said: str):
    path = run / "run.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))
    with pytest.raises(ModelError, match=said):
        publish_run(run, "demo/damaged", hub)
    assert not hub.exists("demo/damaged")


def test_private_is_respected(run: Path, hub: Hub, api: HfApi, hub_server: RunningHub):
    publish_run(run, "demo/secret", hub, private=True)
    assert api.repo_info("demo/secret").private
    with pytest.raises(RepositoryNotFoundError):
        hub_server.api(token=False).repo_info("demo/secret")


def test_a_public_repo_is_not_taken_for_a_private_one(run: Path, hub: Hub):
    publish_run(run, "demo/public", hub)
    write_receipt(run, {"notice": "other", "sha256": {}})
    with pytest.raises(Conflict, match="public"):
        publish_run(run, "demo/public", hub, private=True)


def test_a_reading_token_is_refused_and_the_run_folder_left_alone(
    run: Path, hub_server: RunningHub, tmp_path: Path
):
    before = {path: path.read_bytes() for path in run.rglob("*") if path.is_file()}
    reader = connect(hub_server.endpoint, hub_server.read_token, tmp_path / "cache")
    with pytest.raises(AccessDenied, match="only reads"):
        publish_run(run, "demo/refused", reader)
    assert {path: path.read_bytes() for path in run.rglob("*") if path.is_file()} == before


def test_weights_that_are_not_those_of_the_results_are_refused(run: Path, hub: Hub):
    path = run / "model.safetensors"
    path.write_bytes(path.read_bytes()[:-4] + b"\0\0\0\0")
    with pytest.raises(ModelError, match="not the file that run.json tells of"):
        publish_run(run, "demo/other-weights", hub)
    assert not hub.exists("demo/other-weights")


def test_a_model_that_answers_otherwise_is_not_tagged(run: Path, hub: Hub, api: HfApi):
    golden = json.loads((run / "results" / "golden.json").read_text())
    golden["logits"]["torch"][0][0] += 0.01
    (run / "results" / "golden.json").write_text(json.dumps(golden))
    with pytest.raises(ModelError, match=r"differ by 0\.01"):
        publish_run(run, "demo/otherwise", hub)
    assert not api.list_repo_refs("demo/otherwise").tags
    assert not (run / "README.md").exists()


def test_an_unfinished_run_is_refused(tmp_path: Path, hub: Hub):
    with pytest.raises(ModelError, match=r"is no finished run: config\.json"):
        publish_run(tmp_path, "demo/unfinished", hub)


def test_the_command_publishes_and_the_snippets_of_its_card_run(
    exported_run: Path, tmp_path: Path, hub_server: RunningHub
):
    run = shutil.copytree(exported_run, tmp_path / "run")
    environment = hub_server.environment(tmp_path / "home")
    done = subprocess.run(
        [sys.executable, "-m", "training.publish", str(run), "--hub_model_id", "snippets"],
        env=environment, cwd=PROJECT, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "published demo/snippets at " in done.stdout
    assert hub_server.token not in done.stdout + done.stderr
    snippets = re.findall(r"```python\n(.*?)```", (run / "README.md").read_text(), flags=re.S)
    assert len(snippets) == 2
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    for snippet in snippets:
        shown = subprocess.run(
            [sys.executable, "-c", snippet],
            env=environment, cwd=elsewhere, capture_output=True, text=True,
        )  # fmt: skip
        assert shown.returncode == 0, shown.stderr
        assert "positive" in shown.stdout or "[[" in shown.stdout, shown.stdout


def test_the_command_says_in_one_line_what_is_wrong(tmp_path: Path):
    done = subprocess.run(
        [sys.executable, "-m", "training.publish", str(tmp_path)],
        cwd=PROJECT, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1, done.stderr
    assert "holds no run.json" in done.stderr
