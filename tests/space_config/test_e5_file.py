"""space_config.e5_file on a tiny file that was written by the rules of the format."""

from pathlib import Path

import numpy as np
import pytest

from inference.core.errors import ModelError
from space_config.e5_file import E5File
from tests.space_config.e5_files import PIECES, TinyE5


def opened(tmp_path: Path, content: bytes) -> E5File:
    path = tmp_path / "tiny.bin"
    path.write_bytes(content)
    return E5File(path)


def test_everything_that_was_written_is_read(tmp_path):
    tiny = TinyE5()
    file = opened(tmp_path, tiny.to_bytes())
    header = file.header
    assert (header.hidden_size, header.vocabulary_size, header.max_positions) == (32, 12, 16)
    assert (header.bos_id, header.eos_id, header.pad_id, header.unk_id) == (0, 2, 1, 3)
    assert file.pieces == [(piece, -float(place)) for place, piece in enumerate(PIECES)]
    assert file.replacements == tiny.replacements
    assert file.names == set(tiny.weights)
    for name, weights in tiny.weights.items():
        read = file.tensor(name, weights.shape)
        assert read.dtype == np.float32 and (read == weights).all(), name


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"magic": b"GGUF"}, r"begins with \(b'GGUF', 1, 32\)"),
        ({"version": 2}, r"expected \(b'E5S1', 1, 32\)"),
        ({"block_weights": 64}, r"begins with \(b'E5S1', 1, 64\)"),
    ],
)
def test_another_format_is_refused(tmp_path, change, reason):
    with pytest.raises(ModelError, match=reason):
        opened(tmp_path, TinyE5(**change).to_bytes())


def test_a_file_that_ends_too_soon_is_refused(tmp_path):
    content = TinyE5().to_bytes()
    with pytest.raises(ModelError, match=r"ends at byte 50, expected 72"):
        opened(tmp_path, content[:50])
    last = opened(tmp_path, content[:-1])
    with pytest.raises(ModelError, match=f"ends at byte {len(content) - 1}, expected"):
        last.tensor("l0.oln.b", (32,))


@pytest.mark.parametrize("stored", [(2, 32, b"\0" * 32), (1, 32, b"\0" * 20), (0, 32, b"\0" * 64)])
def test_a_tensor_whose_size_is_not_that_of_its_kind_is_refused(tmp_path, stored):
    tiny = TinyE5()
    tiny.tensors["l0.q.b"] = stored
    with pytest.raises(ModelError, match=r"for l0\.q\.b, expected"):
        opened(tmp_path, tiny.to_bytes())


def test_a_tensor_that_is_not_there_or_of_another_size_is_named(tmp_path):
    file = opened(tmp_path, TinyE5().to_bytes())
    with pytest.raises(ModelError, match="has no tensor pooler"):
        file.tensor("pooler", (32, 32))
    with pytest.raises(ModelError, match=r"has 32 weights in l0\.q\.b, expected \(64,\)"):
        file.tensor("l0.q.b", (64,))
