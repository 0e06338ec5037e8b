"""The format of content that has no file name."""

import pytest

from inference.data.formats import recognise


@pytest.mark.parametrize(
    ("beginning", "name"),
    [
        (b"PAR1\x15\x04", "parquet"),
        (b'\xef\xbb\xbf\n{"text": "a\\tb"}\n', "jsonl"),
        (b"id\ttext\n1\ta, b\n", "tsv"),
        (b"id,text\n1,a\tb\n", "csv"),
        (b"id;text\n1;a\n", "csv"),
        (b"", "csv"),
    ],
)
def test_it_is_found_by_the_beginning(beginning: bytes, name: str):
    assert recognise(beginning) == name
