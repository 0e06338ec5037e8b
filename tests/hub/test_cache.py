"""What the cache remembers, and what it makes of files that somebody else broke."""

import json
from pathlib import Path

import pytest

from hub.cache import RepoCache
from hub.content import HubFile, sha256

SHA = "0123456789" * 4


@pytest.fixture
def cache(tmp_path: Path) -> RepoCache:
    return RepoCache(tmp_path, "demo/clf", "model")


@pytest.fixture
def file(cache: RepoCache) -> HubFile:
    """A file in the cache, as huggingface_hub leaves it: a link to a blob."""
    content = b"weights"
    blobs, folder = cache.folder / "blobs", cache.snapshot(SHA)
    blobs.mkdir(parents=True)
    folder.mkdir(parents=True)
    draft = blobs / "draft"
    draft.write_bytes(content)
    blob = draft.rename(blobs / sha256(draft))
    (folder / "model.safetensors").symlink_to(f"../../blobs/{blob.name}")
    return HubFile("model.safetensors", len(content), blob.name)


def test_the_folder_is_named_as_huggingface_hub_names_it(cache: RepoCache):
    assert cache.folder.name == "models--demo--clf"


def test_a_revision_is_remembered_and_a_sha_needs_no_memory(cache: RepoCache):
    cache.remember_sha("main", SHA)
    cache.remember_sha("refs/pr/1", SHA)
    cache.remember_sha(SHA, SHA)
    assert cache.sha_of("main") == cache.sha_of("refs/pr/1") == SHA
    assert cache.sha_of("v1") is None
    assert not (cache.folder / "refs" / SHA).exists()


@pytest.mark.parametrize("text", ["", "main", SHA[:-1], "\xff"])
def test_a_broken_ref_is_no_ref(cache: RepoCache, text: str):
    cache.remember_sha("main", SHA)
    (cache.folder / "refs" / "main").write_text(text)
    assert cache.sha_of("main") is None


def test_what_was_checked_is_listed_and_not_damaged(cache: RepoCache, file: HubFile):
    other = HubFile("README.md", 3, "a" * 40)
    cache.remember(SHA, [file, other], [file])
    assert cache.listing(SHA) == (file, other)
    assert cache.damaged(SHA, [file, other]) == [other]


def test_a_change_after_the_check_is_noticed(cache: RepoCache, file: HubFile):
    cache.remember(SHA, [file], [file])
    (cache.snapshot(SHA) / file.path).resolve().write_bytes(b"WEIGHTS")
    assert cache.damaged(SHA, [file]) == [file]


def test_a_file_that_is_not_right_is_removed_with_its_blob(cache: RepoCache, file: HubFile):
    assert cache.is_right(SHA, file)
    blob = (cache.snapshot(SHA) / file.path).resolve()
    blob.write_bytes(b"wrong")
    assert not cache.is_right(SHA, file)
    assert not blob.exists() and not (cache.snapshot(SHA) / file.path).is_symlink()


def test_a_link_out_of_the_cache_is_removed_but_not_its_target(cache: RepoCache, tmp_path: Path):
    outside = tmp_path / "mine.txt"
    outside.write_text("mine")
    link = cache.snapshot(SHA) / "config.json"
    link.parent.mkdir(parents=True)
    link.symlink_to(outside)
    assert not cache.is_right(SHA, HubFile("config.json", 4, "a" * 40))
    assert outside.read_text() == "mine" and not link.is_symlink()


def test_the_listing_of_huggingface_hub_serves_if_there_is_none_of_ours(cache: RepoCache):
    rows = {
        "config.json": {"size": 2, "blob_id": "a" * 40},
        "model.safetensors": {
            "size": 9,
            "blob_id": "b" * 40,
            "lfs_sha256": "c" * 64,
            "lfs_size": 9,
        },
    }
    trees = cache.folder / "trees"
    trees.mkdir(parents=True)
    (trees / f"{SHA}.json").write_text(json.dumps({"format_version": 1, "files": rows}))
    expected = (HubFile("config.json", 2, "a" * 40), HubFile("model.safetensors", 9, "c" * 64))
    assert cache.listing(SHA) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"format": 2, "files": {}}',
        '{"format": 1, "files": []}',
        '{"format": 1, "files": {"a": {}}}',
        '{"format": 1, "files": {"a": null}}',
        '{"format": 1, "files": {"../a": {"size": 1, "digest": "%s", "checked": 1}}}' % ("a" * 40),
    ],
)
@pytest.mark.parametrize("place", ["verified", "trees"])
def test_a_broken_listing_is_no_listing(cache: RepoCache, text: str, place: str):
    (cache.folder / place).mkdir(parents=True)
    (cache.folder / place / f"{SHA}.json").write_text(
        text.replace('"format"', '"format_version"') if place == "trees" else text
    )
    assert not cache.listing(SHA)


def test_a_cache_that_cannot_be_written_still_reads(tmp_path: Path, caplog):
    (tmp_path / "models--demo--clf").write_text("a file where the folder should be")
    cache = RepoCache(tmp_path, "demo/clf", "model")
    cache.remember_sha("main", SHA)
    assert cache.sha_of("main") is None and "could not write" in caplog.text
