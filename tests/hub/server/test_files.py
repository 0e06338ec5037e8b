"""Files up and down, by the real client: commits, large files, trees, ranges, refused paths."""

import base64
import hashlib
import json
import os
from pathlib import Path

import pytest
from huggingface_hub import (
    CommitOperationAdd,
    CommitOperationCopy,
    CommitOperationDelete,
    get_hf_file_metadata,
    hf_hub_url,
)
from huggingface_hub.errors import BadRequestError, EntryNotFoundError, HfHubHTTPError
from huggingface_hub.utils import get_session
from huggingface_hub.utils._pagination import paginate
from safetensors.numpy import save_file

from tests.hub_fixtures import RunningHub, running_hub

MIB = 2**20


def add(path: str, content: bytes) -> CommitOperationAdd:
    return CommitOperationAdd(path, content)


def head(hub: RunningHub, repo_id: str) -> str:
    return hub.api().model_info(repo_id).sha


def peak_memory_bytes(pid: int) -> int:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))


def test_a_folder_is_one_commit_and_comes_back_whole(hub_server, tmp_path):
    api, folder = hub_server.api(), tmp_path / "folder"
    files = {
        "config.json": b"{}",
        "empty.txt": b"",
        "weights/model.bin": os.urandom(11 * MIB),
        "small.safetensors": b"\x00" * 10,
        "Wörter & %41 #1?.txt": "schön".encode(),
    }
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    api.create_repo("demo/folder")
    done = api.upload_folder(repo_id="demo/folder", folder_path=folder)
    assert len(api.list_repo_commits("demo/folder")) == 2, "the first is .gitattributes"
    back = Path(api.snapshot_download("demo/folder", cache_dir=tmp_path / "cache"))
    assert {name: (back / name).read_bytes() for name in files} == files
    assert api.verify_repo_checksums("demo/folder", local_dir=back).mismatches == []
    again = api.upload_folder(repo_id="demo/folder", folder_path=folder)
    assert again.oid == done.oid == head(hub_server, "demo/folder"), "nothing new, no commit"


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc").exists(), reason="reads the memory of the server in /proc")
def test_a_large_upload_does_not_pass_through_memory(tmp_path):
    big = tmp_path / "big.bin"
    big.write_bytes(os.urandom(MIB) * 64)
    with running_hub(tmp_path / "store") as hub:
        api = hub.api()
        api.create_repo("demo/big")
        before = peak_memory_bytes(hub.pid)
        api.upload_file(path_or_fileobj=big, path_in_repo="big.bin", repo_id="demo/big")
        api.hf_hub_download("demo/big", "big.bin", cache_dir=tmp_path / "cache")
        grown = peak_memory_bytes(hub.pid) - before
    assert grown < 24 * MIB, f"{grown / MIB:.0f} MiB for a file of 64 MiB"


def test_info_and_tree_describe_files_as_git_does(hub_server):
    api, repo = hub_server.api(), "demo/described"
    small, large = b"hello\n", os.urandom(1000)
    api.create_repo(repo)
    api.create_commit(repo, [add("a/b/x.txt", small), add("w.onnx", large)], commit_message="m")
    plain = {file.rfilename: file.size for file in api.model_info(repo).siblings}
    assert plain == {".gitattributes": None, "a/b/x.txt": None, "w.onnx": None}
    files = {f.rfilename: f for f in api.model_info(repo, files_metadata=True).siblings}
    git_sha1 = hashlib.sha1(b"blob 6\0hello\n").hexdigest()
    assert (files["a/b/x.txt"].blob_id, files["a/b/x.txt"].size) == (git_sha1, 6)
    assert files["w.onnx"].lfs.sha256 == hashlib.sha256(large).hexdigest()
    assert [entry.path for entry in api.list_repo_tree(repo)] == [".gitattributes", "a", "w.onnx"]
    below = api.list_repo_tree(repo, "a", recursive=True)
    assert [entry.path for entry in below] == ["a/b", "a/b/x.txt"]
    found = api.get_paths_info(repo, ["a/b", "w.onnx", "nothing"])
    assert [entry.path for entry in found] == ["a/b", "w.onnx"]
    with pytest.raises(EntryNotFoundError):
        list(api.list_repo_tree(repo, "nothing"))


def test_a_tree_is_paged_and_its_pages_show_one_commit(hub_server):
    api, repo = hub_server.api(), "demo/long"
    api.create_repo(repo)
    names = [f"rows/{n:02}.txt" for n in range(30)]
    api.create_commit(repo, [add(name, b"1") for name in names], commit_message="30 files")
    url = f"{hub_server.endpoint}/api/models/{repo}/tree/main/rows"
    pages = paginate(url, {"limit": 7}, {})
    first = next(pages)
    api.delete_folder("rows", repo)
    assert [first["path"], *(row["path"] for row in pages)] == names
    with pytest.raises(EntryNotFoundError):
        list(api.list_repo_tree(repo, "rows"))


def test_adds_copies_and_deletes_are_one_commit(hub_server, tmp_path):
    api, repo = hub_server.api(), "demo/operations"
    api.create_repo(repo)
    first = [
        add("old.txt", b"1"),
        add("dir/a.txt", b"2"),
        add("dir/b.txt", b"3"),
        add("w.bin", b"4"),
    ]
    api.create_commit(repo, first, commit_message="first")
    api.create_commit(
        repo,
        [
            add("new.txt", b"5"),
            CommitOperationCopy("w.bin", "copy.bin"),
            CommitOperationDelete("old.txt"),
            CommitOperationDelete("dir/"),
        ],
        commit_message="all at once",
    )
    assert sorted(api.list_repo_files(repo)) == [".gitattributes", "copy.bin", "new.txt", "w.bin"]
    assert Path(api.hf_hub_download(repo, "copy.bin", cache_dir=tmp_path)).read_bytes() == b"4"
    with pytest.raises(EntryNotFoundError, match="A file with this name doesn't exist"):
        api.delete_file("old.txt", repo)


def test_a_refused_operation_takes_the_whole_commit_with_it(hub_server):
    api, repo = hub_server.api(), "demo/whole"
    api.create_repo(repo)
    before = head(hub_server, repo)
    with pytest.raises(EntryNotFoundError):
        api.create_commit(
            repo, [add("a.txt", b"1"), CommitOperationDelete("missing.txt")], commit_message="m"
        )
    with pytest.raises(BadRequestError, match="both a file and a folder"):
        api.create_commit(repo, [add("a", b"1"), add("a/b", b"2")], commit_message="m")
    assert head(hub_server, repo) == before
    assert api.list_repo_files(repo) == [".gitattributes"]


def test_a_stale_parent_is_refused(hub_server):
    api, repo = hub_server.api(), "demo/stale"
    api.create_repo(repo)
    first = api.upload_file(path_or_fileobj=b"1", path_in_repo="a", repo_id=repo).oid
    second = api.create_commit(repo, [add("a", b"2")], commit_message="m", parent_commit=first).oid
    with pytest.raises(HfHubHTTPError) as caught:
        api.create_commit(repo, [add("a", b"3")], commit_message="m", parent_commit=first)
    assert caught.value.response.status_code == 412
    assert head(hub_server, repo) == second


def test_commits_go_to_branches_only(hub_server, tmp_path):
    api, repo = hub_server.api(), "demo/branching"
    api.create_repo(repo)
    main = api.upload_file(path_or_fileobj=b"1", path_in_repo="a", repo_id=repo).oid
    api.create_branch(repo, branch="next")
    api.create_tag(repo, tag="v1")
    new = api.upload_file(path_or_fileobj=b"2", path_in_repo="a", repo_id=repo, revision="next").oid
    assert head(hub_server, repo) == main != new
    for revision, content in (("next", b"2"), (new, b"2"), ("v1", b"1")):
        path = api.hf_hub_download(repo, "a", revision=revision, cache_dir=tmp_path)
        assert Path(path).read_bytes() == content, revision
    for revision in ("v1", "no-such-branch", main):
        with pytest.raises(HfHubHTTPError) as caught:
            api.upload_file(path_or_fileobj=b"3", path_in_repo="a", repo_id=repo, revision=revision)
        assert caught.value.response.status_code == 404, revision


def test_a_file_is_served_whole_and_by_range(hub_server, tmp_path):
    api, repo, content = hub_server.api(), "demo/ranges", bytes(range(256)) * 4
    api.create_repo(repo)
    sha = api.upload_file(path_or_fileobj=content, path_in_repo="x.bin", repo_id=repo).oid
    url = hf_hub_url(repo, "x.bin", endpoint=hub_server.endpoint)
    facts = get_hf_file_metadata(url)
    expected = (hashlib.sha256(content).hexdigest(), 1024, sha)
    assert (facts.etag, facts.size, facts.commit_hash) == expected
    for asked, status, part in (
        ("bytes=5-9", 206, content[5:10]),
        ("bytes=-4", 206, content[-4:]),
        ("bytes=1000-", 206, content[1000:]),
        ("bytes=0-99999", 206, content),
    ):
        response = get_session().get(url, headers={"Range": asked})
        assert (response.status_code, response.content) == (status, part), asked
    response = get_session().get(url, headers={"Range": "bytes=9999-"})
    assert (response.status_code, response.headers["content-range"]) == (416, "bytes */1024")
    assert response.headers["x-error-code"] == "RangeNotSatisfiable"


def test_the_header_of_a_weights_file_is_read_alone(hub_server, tmp_path):
    import numpy as np

    save_file({"w": np.zeros((3, 4), np.float32)}, tmp_path / "model.safetensors")
    api = hub_server.api()
    api.create_repo("demo/header")
    api.upload_folder(repo_id="demo/header", folder_path=tmp_path)
    facts = api.get_safetensors_metadata("demo/header")
    assert facts.parameter_count == {"F32": 12}


def commit_line(hub: RunningHub, repo_id: str, key: str, value: dict):
    """The answer to a commit that the real client would not send."""
    lines = [{"key": "header", "value": {"summary": "m"}}, {"key": key, "value": value}]
    return get_session().post(
        f"{hub.endpoint}/api/models/{repo_id}/commit/main",
        content="".join(json.dumps(line) + "\n" for line in lines).encode(),
        headers={"Authorization": f"Bearer {hub.token}"},
    )


@pytest.mark.parametrize(
    "path",
    ["../x", "a/../x", "..", "/etc/x", ".git/config", "a/.GIT/x", "a\\b", "a//b", "a/", "./a", "",
     "a\x00b", "a\nb", "x" * 256, "d/" * 65 + "x", "\ud800"],
)  # fmt: skip
def test_impossible_paths_are_refused(hub_server, path):
    api, repo = hub_server.api(), "demo/paths"
    api.create_repo(repo, exist_ok=True)
    before = head(hub_server, repo)
    content = base64.b64encode(b"x").decode()
    value = {"path": path, "content": content, "encoding": "base64"}
    response = commit_line(hub_server, repo, "file", value)
    assert (response.status_code, response.headers["x-error-code"]) == (400, "BadRequest")
    assert head(hub_server, repo) == before


def test_a_content_cannot_be_claimed_by_its_hash(hub_server):
    api, secret = hub_server.api(), os.urandom(1000)
    oid = hashlib.sha256(secret).hexdigest()
    api.create_repo("demo/secret", private=True)
    api.upload_file(path_or_fileobj=secret, path_in_repo="s.bin", repo_id="demo/secret")
    api.create_repo("demo/thief")
    value = {"path": "s.bin", "algo": "sha256", "oid": oid, "size": 1000}
    response = commit_line(hub_server, "demo/thief", "lfsFile", value)
    assert response.status_code == 400, response.text
    assert "actions" in batch(hub_server, "demo/thief", oid, 1000), "it must be uploaded to be had"
    assert "actions" not in batch(hub_server, "demo/secret", oid, 1000)


def batch(hub: RunningHub, repo_id: str, oid: str, size: int) -> dict:
    """Where the Hub wants one content."""
    response = get_session().post(
        f"{hub.endpoint}/{repo_id}.git/info/lfs/objects/batch",
        json={"operation": "upload", "objects": [{"oid": oid, "size": size}]},
        headers={"Authorization": f"Bearer {hub.token}"},
    )
    return response.json()["objects"][0]


def test_an_upload_is_checked_by_size_and_sha256(hub_server):
    hub_server.api().create_repo("demo/checked")
    content = os.urandom(5000)
    oid = hashlib.sha256(content).hexdigest()
    href = batch(hub_server, "demo/checked", oid, 5000)["actions"]["upload"]["href"]
    put = get_session().put
    assert put(href, content=content[:-1]).status_code == 400
    assert put(href, content=content + b"x").status_code == 400
    assert put(href, content=b"x" * 5000).status_code == 400
    for forged in (href.replace(oid, "0" * 64), href.replace("5000", "1"), href[:-1] + "!"):
        assert put(forged, content=content).status_code == 403
    assert list((hub_server.root / "tmp").iterdir()) == []
    assert put(href, content=content).status_code == 200


def test_a_line_too_long_for_a_small_file_is_refused(hub_server):
    hub_server.api().create_repo("demo/long-line")
    value = {"path": "a", "content": "A" * 15 * MIB, "encoding": "base64"}
    response = commit_line(hub_server, "demo/long-line", "file", value)
    assert response.status_code == 413, response.text
