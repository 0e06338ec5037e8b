"""Contents on disk: whole or not at all, and no half ones left behind."""

import hashlib

import pytest

from hub.server.blobs import Blobs


@pytest.fixture
def blobs(tmp_path):
    blobs = Blobs(tmp_path)
    yield blobs
    blobs.close()


def test_a_content_lies_under_its_sha256(blobs, tmp_path):
    with blobs.arrive() as arrival:
        arrival.write(b"hel")
        arrival.write(b"lo")
        staged = arrival.finish()
        blobs.adopt([staged])
    assert (staged.size_bytes, staged.sha256) == (5, hashlib.sha256(b"hello").hexdigest())
    assert blobs.path(staged.sha256).read_bytes() == b"hello"
    assert list((tmp_path / "tmp").iterdir()) == []


def test_what_is_not_adopted_is_removed(blobs, tmp_path):
    with pytest.raises(KeyError), blobs.arrive() as arrival:
        arrival.write(b"half")
        raise KeyError
    assert list((tmp_path / "tmp").iterdir()) == list((tmp_path / "blobs").iterdir()) == []


def test_the_same_content_twice_is_kept_once(blobs, tmp_path):
    for _ in range(2):
        with blobs.arrive() as arrival:
            arrival.write(b"same")
            blobs.adopt([arrival.finish()])
    assert len(list((tmp_path / "blobs").iterdir())) == 1


def test_leftovers_are_swept_only_when_nobody_else_is_at_work(blobs, tmp_path):
    leftover = tmp_path / "tmp" / "leftover"
    leftover.write_bytes(b"half")
    Blobs(tmp_path).close()
    assert leftover.exists(), "another Blobs may still be writing it"
    blobs.close()
    Blobs(tmp_path).close()
    assert not leftover.exists()
