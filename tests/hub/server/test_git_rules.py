"""Who may clone and push by real git, and which files and refs are refused."""

from pathlib import Path

import pytest
from huggingface_hub.errors import HfHubHTTPError

from tests.hub.server.clones import address, clone, git, new_repo, run, upload

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("has_git")]
NOBODY = "asks for no token"


@pytest.mark.parametrize(
    "who, said",
    [
        (NOBODY, "could not read Username"),
        ("read_token", "403"),
        ("other_token", "403"),
        ("wrong", "Authentication failed"),
    ],
)
def test_only_members_with_a_write_token_push(hub, tmp_path, who, said):
    repo_id = new_repo(hub)
    before = hub.api().model_info(repo_id).sha
    copy = clone(hub, repo_id, tmp_path / "copy")
    copy.commit(a_txt="a")
    token = None if who == NOBODY else getattr(hub, who, "hf_unknown")
    refused = copy.push(address(hub, repo_id, token), "main")
    assert refused.returncode != 0 and said in refused.stderr, refused.stderr
    assert hub.api().model_info(repo_id).sha == before


def test_a_private_repo_is_hidden_from_git(hub, tmp_path):
    repo_id = new_repo(hub, private=True)
    for number, token in enumerate((hub.read_token, hub.token)):
        assert clone(hub, repo_id, tmp_path / f"mine-{number}", token).head
    for path in (repo_id, "demo/missing"):
        said = run(tmp_path, "clone", address(hub, path, hub.other_token), "x").stderr
        assert f"repository '{address(hub, path)}/' not found" in said
        assert "could not read Username" in run(tmp_path, "clone", address(hub, path), "x").stderr
    header = f"http.extraHeader=Authorization: Bearer {hub.read_token}"
    git(tmp_path, "-c", header, "clone", "-q", address(hub, repo_id), "by-header")


def test_a_gated_repo_is_for_its_members(hub, tmp_path):
    repo_id = new_repo(hub)
    hub.api().update_repo_settings(repo_id, gated="auto")
    assert run(tmp_path, "clone", address(hub, repo_id, hub.other_token), "x").returncode != 0
    assert clone(hub, repo_id, tmp_path / "mine").head


def test_a_public_repo_needs_no_token_and_a_large_one_is_a_pointer(hub, tmp_path):
    repo_id = new_repo(hub)
    upload(hub, repo_id, "w.safetensors", b"\0" * 3000)
    upload(hub, repo_id, "big.csv", b"a,b\n" * 3 * 2**20)
    git(tmp_path, "clone", "-q", address(hub, repo_id), "copy")
    text = (tmp_path / "copy" / "w.safetensors").read_text()
    assert text.startswith("version https://git-lfs") and text.endswith("size 3000\n")
    attributes = (tmp_path / "copy" / ".gitattributes").read_text()
    assert "big.csv filter=lfs" in attributes, "as the Hub adds it for a file over 10 MiB"
    assert git(tmp_path / "copy", "status", "--porcelain") == ""


def test_a_pointer_may_move_but_not_point_to_nothing(hub, tmp_path):
    repo_id = new_repo(hub)
    upload(hub, repo_id, "w.bin", b"\0" * 3000)
    copy = clone(hub, repo_id, tmp_path / "copy")
    copy.git("mv", "w.bin", "renamed.bin")
    copy.commit()
    assert copy.push().returncode == 0
    path = hub.api().hf_hub_download(repo_id, "renamed.bin", cache_dir=tmp_path / "cache")
    assert Path(path).read_bytes() == b"\0" * 3000
    other = clone(hub, new_repo(hub), tmp_path / "other")
    pointer = (copy.folder / "renamed.bin").read_bytes()
    other.commit(stolen_bin=pointer)
    said = other.push().stderr
    assert "LFS pointers to contents that were not uploaded" in said and "- stolen.bin" in said


def test_binary_and_long_files_are_refused_by_name_in_any_commit(hub, tmp_path):
    repo_id = new_repo(hub)
    before = hub.api().model_info(repo_id).sha
    copy = clone(hub, repo_id, tmp_path / "copy")
    copy.commit(docs__picture_png=b"\x89PNG\0", fine_txt="fine", long_csv="a" * (10 * 2**20 + 1))
    (copy.folder / "docs" / "picture.png").unlink()
    (copy.folder / "link").symlink_to("fine.txt")
    copy.commit("Too late")
    refused = copy.push()
    assert refused.returncode != 0
    for line in (
        "contains binary files",
        "- docs/picture.png",
        "files larger than 10 MiB",
        "- long.csv",
        "links or submodules",
        "- link",
    ):
        assert line in refused.stderr, refused.stderr
    assert "fine.txt" not in refused.stderr
    assert hub.api().model_info(repo_id).sha == before
    with pytest.raises(HfHubHTTPError):
        hub.api().list_repo_tree(repo_id, revision=copy.head).__next__()
    assert not list((hub.root / "tmp").iterdir()), "nothing is left behind"


def test_what_a_commit_had_already_may_stay(hub, tmp_path):
    repo_id = new_repo(hub)
    upload(hub, repo_id, "picture.png", b"\x89PNG\0")
    copy = clone(hub, repo_id, tmp_path / "copy")
    copy.git("mv", "picture.png", "moved.png")
    copy.commit(page_py="print()\n")
    assert copy.push().returncode == 0


@pytest.mark.parametrize(
    "ref, said",
    [
        ("HEAD:refs/notes/x", "neither a branch nor a tag"),
        ("nested", "would lead to a tag, not to a commit"),
        ("annotated:refs/heads/x", "would lead to a tag, not to a commit"),
        (":main", "main cannot be deleted"),
        ("HEAD:refs/heads/main/below", "cannot be beside the branch main"),
        ("HEAD:refs/heads/" + "a" * 40, "Invalid reference name"),
        ("HEAD^{tree}:refs/tags/folder", "would lead to a tree"),
    ],
)
def test_refs_that_are_not_kept_are_refused_with_a_reason(hub, tmp_path, ref, said):
    copy = clone(hub, new_repo(hub), tmp_path / "copy")
    copy.git("tag", "-a", "-m", "x", "annotated")
    copy.git("tag", "-a", "-m", "x", "nested", "annotated")
    refused = copy.push("origin", ref)
    assert refused.returncode != 0 and said in refused.stderr, refused.stderr
    assert clone(hub, copy.git("remote", "get-url", "origin").split("/", 3)[3], tmp_path / "again")
