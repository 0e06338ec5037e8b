"""Files of records: how a test writes one, and that none of its rows is lost."""

from inference.data.records import Schema

PLAIN = Schema(("text",), ("label",))


def write(folder, name, content):
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def whole(records):
    numbers = sorted(one.row for one in (*records.examples, *records.rejected))
    assert numbers == list(range(1, records.rows_in + 1)), numbers
    return records
