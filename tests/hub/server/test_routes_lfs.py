"""Large contents by LFS: signed addresses, and the real git-lfs."""

import hashlib
import os
import shutil
import uuid
from pathlib import Path

import pytest
from huggingface_hub.utils import get_session

from tests.hub.server.clones import clone
from tests.hub_fixtures import RunningHub

pytestmark = pytest.mark.slow

WEIGHTS = bytes(range(256)) * 100
OID = hashlib.sha256(WEIGHTS).hexdigest()


@pytest.fixture
def repo_id(hub_server: RunningHub) -> str:
    name = f"demo/lfs-{uuid.uuid4().hex[:10]}"
    api = hub_server.api()
    api.create_repo(name)
    api.upload_file(path_or_fileobj=WEIGHTS, path_in_repo="w.safetensors", repo_id=name)
    return name


def ask(hub: RunningHub, repo_id: str, operation: str, oid: str = OID, token: str | None = None):
    """The batch route's answer for one content."""
    body = {"operation": operation, "objects": [{"oid": oid, "size": len(WEIGHTS)}]}
    url = f"{hub.endpoint}/{repo_id}.git/info/lfs/objects/batch"
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return get_session().post(url, json=body, headers=headers)


def test_a_content_is_fetched_by_its_signed_address(hub_server, repo_id):
    (row,) = ask(hub_server, repo_id, "download").json()["objects"]
    href = row["actions"]["download"]["href"]
    assert get_session().get(href).content == WEIGHTS
    part = get_session().get(href, headers={"Range": "bytes=5-9"})
    assert (part.status_code, part.content) == (206, WEIGHTS[5:10])
    assert get_session().get(href.replace("size=", "size=1")).status_code == 403
    assert get_session().put(href, content=WEIGHTS).status_code == 403, "it is good for reading"


def test_an_unknown_content_is_an_error_of_its_own(hub_server, repo_id):
    (row,) = ask(hub_server, repo_id, "download", "0" * 64).json()["objects"]
    assert row["error"]["code"] == 404 and "actions" not in row


@pytest.mark.parametrize(
    "operation, token, status",
    [("upload", None, 401), ("upload", "read_token", 403), ("delete", "token", 400)],
)
def test_who_may_do_what(hub_server, repo_id, operation, token, status):
    secret = getattr(hub_server, token) if token else None
    response = ask(hub_server, repo_id, operation, token=secret)
    assert response.status_code == status
    assert ("www-authenticate" in response.headers) is (status == 401)


def test_a_private_content_is_hidden(hub_server, repo_id):
    hub_server.api().update_repo_settings(repo_id, private=True)
    assert ask(hub_server, repo_id, "download").status_code == 401
    assert ask(hub_server, repo_id, "download", token=hub_server.other_token).status_code == 404
    assert ask(hub_server, repo_id, "download", token=hub_server.read_token).status_code == 200


def test_git_lfs_brings_large_files_and_takes_new_ones(hub_server, repo_id, tmp_path):
    if shutil.which("git-lfs") is None:
        assert os.environ.get("CI") != "true", "git-lfs is not installed, and CI=true asks for it"
        pytest.skip("git-lfs is not installed: tests/install.sh installs it")
    copy = clone(hub_server, repo_id, tmp_path / "copy")
    copy.git("lfs", "install", "--local")
    copy.git("lfs", "pull")
    assert (copy.folder / "w.safetensors").read_bytes() == WEIGHTS
    assert copy.git("status", "--porcelain") == ""
    new = os.urandom(11 * 2**20)
    done = copy.commit("Larger weights", w_safetensors=new)
    pushed = copy.push()
    assert pushed.returncode == 0, pushed.stderr
    assert "lock" not in pushed.stderr.lower(), pushed.stderr
    path = hub_server.api().hf_hub_download(
        repo_id, "w.safetensors", revision=done, cache_dir=tmp_path / "cache"
    )
    assert Path(path).read_bytes() == new
