"""What survives a kill -9 of the server or of a client, and many clients at once."""

import hashlib
import logging
import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from huggingface_hub import CommitOperationAdd

from tests.hub_fixtures import PROJECT, arriving_bytes, running_hub
from tests.waiting import wait_for

pytestmark = pytest.mark.slow

MIB = 2**20
# Uploads a large file, then dies before the commit that would name it.
KILLED_CLIENT = """
import os, signal, sys
from huggingface_hub import CommitOperationAdd, HfApi
addition = CommitOperationAdd("w.bin", sys.argv[1])
HfApi().preupload_lfs_files("demo/killed-client", [addition])
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_an_upload_outlives_a_kill_of_the_server(tmp_path):
    content, store = os.urandom(MIB) * 160, tmp_path / "store"
    with ThreadPoolExecutor(1) as background, running_hub(store) as hub:
        api = hub.api()
        before = api.create_repo("demo/killed") and api.model_info("demo/killed").sha
        upload = background.submit(
            api.upload_file,
            path_or_fileobj=content,
            path_in_repo="w.bin",
            repo_id="demo/killed",
        )
        wait_for(lambda: arriving_bytes(hub) > 4 * MIB, "the upload", pause_s=0.002)
        os.kill(hub.pid, signal.SIGKILL)
        assert arriving_bytes(hub) < len(content), "the kill came too late to prove anything"
        leftover = list((store / "tmp").iterdir())
        with running_hub(store, port=int(hub.endpoint.rsplit(":", 1)[1])) as again:
            assert not any(file.exists() for file in leftover), "half a file was left behind"
            done = upload.result(timeout=60)  # the client's own retry, with the same address
            log = [commit.commit_id for commit in again.api().list_repo_commits("demo/killed")]
            assert log == [done.oid, before]
            path = again.api().hf_hub_download("demo/killed", "w.bin", cache_dir=tmp_path)
            assert Path(path).read_bytes() == content


def test_a_killed_client_leaves_the_branch_and_saves_the_next_one_the_upload(
    hub_server, tmp_path, caplog
):
    api, weights = hub_server.api(), tmp_path / "w.bin"
    weights.write_bytes(os.urandom(11 * MIB))
    api.create_repo("demo/killed-client")
    before = api.model_info("demo/killed-client").sha
    killed = subprocess.run(
        [sys.executable, "-c", KILLED_CLIENT, weights],
        env=hub_server.environment(tmp_path / "home"),
        cwd=PROJECT,
    )
    assert killed.returncode == -signal.SIGKILL
    assert api.model_info("demo/killed-client").sha == before
    assert api.list_repo_files("demo/killed-client") == [".gitattributes"]
    with caplog.at_level(logging.DEBUG, logger="huggingface_hub"):
        api.upload_file(path_or_fileobj=weights, path_in_repo="w.bin", repo_id="demo/killed-client")
    assert "already present upstream" in caplog.text
    path = api.hf_hub_download("demo/killed-client", "w.bin", cache_dir=tmp_path)
    assert Path(path).read_bytes() == weights.read_bytes()


def test_eight_commits_at_once_all_land(hub_server):
    api = hub_server.api()
    api.create_repo("demo/crowd")

    def commit(n: int) -> str:
        operations = [
            CommitOperationAdd(f"{n}.txt", b"%d" % n),
            CommitOperationAdd(f"{n}.bin", os.urandom(1000)),
        ]
        return api.create_commit("demo/crowd", operations, commit_message=f"{n}").oid

    with ThreadPoolExecutor(8) as crowd:
        shas = list(crowd.map(commit, range(8)))
    log = [entry.commit_id for entry in api.list_repo_commits("demo/crowd")]
    assert sorted(log[:-1]) == sorted(shas)
    expected = {f"{n}.{ending}" for n in range(8) for ending in ("txt", "bin")}
    assert set(api.list_repo_files("demo/crowd")) == {".gitattributes", *expected}


def test_two_servers_share_a_root(tmp_path):
    store = tmp_path / "store"
    with running_hub(store) as one, running_hub(store) as two:
        one.api().create_repo("demo/shared")
        done = two.api().upload_file(
            path_or_fileobj=b"x" * 11 * MIB, path_in_repo="x.bin", repo_id="demo/shared"
        )
        assert one.api().model_info("demo/shared").sha == done.oid
        path = one.api().hf_hub_download("demo/shared", "x.bin", cache_dir=tmp_path / "cache")
        digest = hashlib.sha256(Path(path).read_bytes()).hexdigest()
        assert digest == hashlib.sha256(b"x" * 11 * MIB).hexdigest()
