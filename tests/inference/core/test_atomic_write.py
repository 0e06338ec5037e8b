import pytest

from inference.core.atomic_write import write_whole


def test_a_file_is_replaced_and_nothing_is_left_beside_it(tmp_path):
    path = tmp_path / "new" / "file.txt"
    write_whole(path, "old")
    write_whole(path, "näw\r\n☃")
    assert path.read_bytes() == "näw\r\n☃".encode()
    assert list(path.parent.iterdir()) == [path]


def test_a_write_that_fails_leaves_the_old_file(tmp_path):
    path = tmp_path / "file.txt"
    write_whole(path, "old")
    with pytest.raises(UnicodeEncodeError):
        write_whole(path, "broken \ud83d")
    assert path.read_text() == "old" and list(tmp_path.iterdir()) == [path]


def test_a_folder_in_its_place_is_left_alone_and_nothing_beside_it(tmp_path):
    (tmp_path / "there").mkdir()
    with pytest.raises(IsADirectoryError):
        write_whole(tmp_path / "there", "new")
    assert list(tmp_path.iterdir()) == [tmp_path / "there"]
