"""Real git over real HTTP: what is cloned, pushed and refused."""

import base64
import os
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
from huggingface_hub.errors import HfHubHTTPError
from huggingface_hub.utils import get_session

from tests.hub.server import clones
from tests.hub.server.clones import address, clone, git, new_repo, run, upload
from tests.hub_fixtures import PROJECT, RunningHub
from tests.waiting import wait_for

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("has_git")]


@pytest.mark.parametrize(
    "kind, prefix", [("model", ""), ("dataset", "datasets/"), ("space", "spaces/")]
)
def test_what_the_client_pushed_is_cloned_and_what_git_pushed_is_downloaded(
    hub, tmp_path, kind, prefix
):
    repo_id, api = new_repo(hub, kind), hub.api()
    made = api.upload_file(
        path_or_fileobj=b"one", path_in_repo="a/b.txt", repo_id=repo_id, repo_type=kind
    )
    copy = clone(hub, f"{prefix}{repo_id}.git", tmp_path / "copy")
    assert (copy.folder / "a" / "b.txt").read_text() == "one"
    assert copy.head == made.oid, "the Hub's revision is git's commit"
    done = copy.commit("Say two\n\nBecause.", a__b_txt="two", README_md="---\nlicense: mit\n---\n")
    pushed = copy.push()
    assert pushed.returncode == 0, pushed.stderr
    info = api.repo_info(repo_id, repo_type=kind)
    assert info.sha == done == copy.head
    assert info.card_data["license"] == "mit"
    folder = api.snapshot_download(repo_id, repo_type=kind, cache_dir=tmp_path / "cache")
    assert Path(folder, "a", "b.txt").read_text() == "two" and Path(folder).name == done
    newest, *_ = api.list_repo_commits(repo_id, repo_type=kind)
    assert (newest.title, newest.message, newest.authors) == ("Say two", "Because.", ["Ada"])


def test_git_and_the_client_take_turns(hub, tmp_path):
    repo_id = new_repo(hub)
    copy = clone(hub, repo_id, tmp_path / "copy")
    for number in range(2):
        oid = upload(hub, repo_id, f"client-{number}.txt", b"from the client")
        copy.git("pull", "-q")
        assert copy.head == oid
        copy.commit(**{f"git-{number}_txt": "from git"})
        assert copy.push().returncode == 0
    files = {f"{who}-{number}.txt" for who in ("client", "git") for number in range(2)}
    assert set(hub.api().list_repo_files(repo_id)) == {".gitattributes", *files}
    assert git(copy.folder, "fsck", "--strict") == ""


def test_merges_branches_tags_and_programs_are_kept(hub, tmp_path):
    repo_id = new_repo(hub)
    copy = clone(hub, repo_id, tmp_path / "copy")
    copy.git("switch", "-qc", "feature/one")
    copy.write(run_sh="#!/bin/sh\n", deep__er__file_txt="x")
    (copy.folder / "run.sh").chmod(0o755)
    side = copy.commit("On the side")
    copy.git("switch", "-q", "main")
    copy.commit("On main", main_txt="m")
    copy.git("merge", "-q", "--no-edit", "feature/one")
    copy.git("tag", "v1")
    assert copy.push("origin", "main", "feature/one", "v1").returncode == 0
    refs = hub.api().list_repo_refs(repo_id)
    assert {b.name: b.target_commit for b in refs.branches} == {
        "main": copy.head,
        "feature/one": side,
    }
    assert [(tag.name, tag.target_commit) for tag in refs.tags] == [("v1", copy.head)]
    upload(hub, repo_id, "run.sh", b"#!/bin/sh\nexit 0\n")
    again = clone(hub, repo_id, tmp_path / "again")
    assert os.access(again.folder / "run.sh", os.X_OK), "an edit by the client keeps the mode"
    assert "On the side" in again.git("log", "--format=%s")
    assert again.push("origin", "--delete", "feature/one", "v1").returncode == 0
    refs = hub.api().list_repo_refs(repo_id)
    assert ([branch.name for branch in refs.branches], refs.tags) == (["main"], [])


def test_an_annotated_tag_is_kept_with_what_it_says(hub, tmp_path):
    repo_id = new_repo(hub)
    copy = clone(hub, repo_id, tmp_path / "copy")
    copy.git("tag", "-a", "-m", "Better by 3 points", "v1")
    done = copy.commit(a_txt="a")
    assert copy.push("origin", "main", "v1").returncode == 0
    (tag,) = hub.api().list_repo_refs(repo_id).tags
    assert (tag.name, tag.target_commit) == ("v1", copy.git("rev-parse", "HEAD~1"))
    for mirror in (hub.root / "git").glob("*.git"):
        mirror.rename(tmp_path / mirror.name)  # it is the store that has kept it
    again = clone(hub, repo_id, tmp_path / "again")
    assert again.git("tag", "-n", "--format=%(contents)") == "Better by 3 points"
    copy.git("tag", "-f", "-a", "-m", "By 4", "v1", done)
    assert copy.push("--force", "origin", "v1").returncode == 0
    assert copy.push("origin", ":v1").returncode == 0
    assert hub.api().list_repo_refs(repo_id).tags == []


def test_a_commit_in_between_refuses_the_push_and_loses_nothing(hub, tmp_path):
    repo_id = new_repo(hub)
    copy = clone(hub, repo_id, tmp_path / "copy")
    theirs = upload(hub, repo_id, "theirs.txt", b"theirs")
    copy.commit(mine_txt="mine")
    refused = copy.push()
    assert refused.returncode != 0 and "fetch first" in refused.stderr, refused.stderr
    assert hub.api().model_info(repo_id).sha == theirs
    copy.git("pull", "-q", "--rebase")
    assert copy.push().returncode == 0
    assert {"mine.txt", "theirs.txt"} <= set(hub.api().list_repo_files(repo_id))


# Runs in a clone when git has seen where the branches are and has sent nothing yet.
SOMEBODY_ELSE = """#!{python}
import json, urllib.request
content = {{"key": "file", "value": {{"path": "theirs.txt", "content": "theirs"}}}}
headers = {{"Authorization": "Bearer {token}"}}
request = urllib.request.Request("{url}", json.dumps(content).encode(), headers)
urllib.request.build_opener(urllib.request.ProxyHandler({{}})).open(request)
"""


def test_a_commit_while_git_pushes_refuses_the_push_and_loses_nothing(hub, tmp_path):
    repo_id = new_repo(hub)
    copy = clone(hub, repo_id, tmp_path / "copy")
    mine = copy.commit(mine_txt="mine")
    url = f"{hub.endpoint}/api/models/{repo_id}/commit/main"
    hook = copy.folder / ".git" / "hooks" / "pre-push"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(SOMEBODY_ELSE.format(python=sys.executable, token=hub.token, url=url))
    hook.chmod(0o755)
    refused = copy.push()
    assert refused.returncode != 0 and "somebody else was first" in refused.stderr, refused.stderr
    assert set(hub.api().list_repo_files(repo_id)) == {".gitattributes", "theirs.txt"}
    with pytest.raises(HfHubHTTPError):
        hub.api().model_info(repo_id, revision=mine)
    hook.unlink()
    copy.git("pull", "-q", "--rebase")
    assert copy.push().returncode == 0


def test_a_forced_push_leaves_the_old_commits_readable(hub, tmp_path):
    repo_id = new_repo(hub)
    old = upload(hub, repo_id, "old.txt", b"old")
    copy = clone(hub, repo_id, tmp_path / "copy")
    copy.git("reset", "-q", "--hard", "HEAD~1")
    new = copy.commit(new_txt="new")
    assert copy.push().returncode != 0
    assert copy.push("--force").returncode == 0
    assert hub.api().model_info(repo_id).sha == new
    path = hub.api().hf_hub_download(repo_id, "old.txt", revision=old, cache_dir=tmp_path)
    assert Path(path).read_bytes() == b"old"


@pytest.mark.parametrize("how", [("-c", "protocol.version=0"), ("-c", "protocol.version=2")])
def test_each_of_gits_protocols_is_spoken_and_a_long_past_is_told_compressed(hub, tmp_path, how):
    repo_id = new_repo(hub)
    copy = clone(hub, repo_id, tmp_path / "copy")
    for number in range(40):  # what git has, 50 bytes each: over 1 kB it sends them gzipped
        copy.git("commit", "-q", "--allow-empty", "-m", f"{number}")
    assert copy.push().returncode == 0
    newest = upload(hub, repo_id, "new.txt", b"new")
    copy.git("commit", "-q", "--allow-empty", "-m", "on its own")
    copy.git(*how, "pull", "-q", "--rebase")
    assert copy.git("rev-parse", "HEAD~1") == newest
    url = address(hub, repo_id)
    git(tmp_path, *how, "clone", "-q", "--depth", "1", url, "shallow")
    shallow = clones.Clone(tmp_path / "shallow")
    done = shallow.commit(again_txt="x")
    pushed = shallow.push(address(hub, repo_id, hub.token), "main")
    assert pushed.returncode == 0, pushed.stderr
    assert hub.api().model_info(repo_id).sha == done


def test_a_clone_that_is_given_up_leaves_no_program_behind(hub, tmp_path):
    repo_id = new_repo(hub)
    for number in range(4):
        # more than all buffers between server and client can hold
        upload(hub, repo_id, f"{number}.txt", base64.b64encode(os.urandom(7 * 2**20)))
    url = f"{hub.endpoint}/{repo_id}/git-upload-pack"
    want = f"want {hub.api().model_info(repo_id).sha} ofs-delta\n"
    body = f"{len(want) + 4:04x}{want}00000009done\n"
    headers = {"Content-Type": "application/x-git-upload-pack-request"}
    with get_session().stream("POST", url, content=body, headers=headers) as response:
        pieces = response.iter_bytes(100)  # once it is let go of, the connection closes
        assert next(pieces).startswith(b"0008NAK")
        assert programs_of(hub)
    wait_for(lambda: not programs_of(hub), "the end of git's programs")


def programs_of(hub: RunningHub) -> list[psutil.Process]:
    """What the server runs right now."""
    return psutil.Process(hub.pid).children(recursive=True)


def test_a_deleted_repo_leaves_no_mirror(hub, tmp_path):
    before = set((hub.root / "git").glob("*.git")) if (hub.root / "git").exists() else set()
    repo_id = new_repo(hub)
    clone(hub, repo_id, tmp_path / "copy")
    assert len(set((hub.root / "git").glob("*.git")) - before) == 1
    hub.api().delete_repo(repo_id)
    assert set((hub.root / "git").glob("*.git")) <= before


def test_old_git_and_browsers_are_told_what_is_served(hub):
    response = get_session().get(f"{hub.endpoint}/{new_repo(hub)}/info/refs")
    assert response.status_code == 400 and "smart protocol" in response.json()["error"]


def test_without_git_the_routes_say_so(tmp_path):
    command = [sys.executable, "-m", "hub.server", "--root", tmp_path, "--port", "0"]
    server = subprocess.Popen(
        [*command, "--token", "demo:write:hf_x"],
        cwd=PROJECT,
        env={"PATH": "/nowhere"},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        endpoint = server.stdout.readline().split()[-1]
        hub = RunningHub(endpoint, tmp_path, "hf_x", "", "")
        repo_id = new_repo(hub)
        url = f"{endpoint}/{repo_id}/info/refs?service=git-upload-pack"
        response = get_session().get(url)
        assert response.status_code == 501 and "apt-get install git" in response.json()["error"]
        refused = run(tmp_path, "clone", address(hub, repo_id), "copy")
        assert "501" in refused.stderr
    finally:
        server.kill()
        server.wait()
