"""Encodings are found by trying; lines end where the file says."""

import pytest

from inference.core.errors import DataError
from inference.data.encoding import detect, open_text

GERMAN = "Text;Klasse\nDas ist schön, aber für Übungen zu groß;gut\nÄrgerlich, sehr;schlecht\n" * 9
RUSSIAN = "Это очень хороший фильм, мне понравилось\nУжасно скучно и долго\n" * 9
CHINESE = "重庆旅游景点大全\t应用\n婆婆来了电视剧剧情分集介绍\t知道\n莲子的功效与作用\t百科\n" * 9


@pytest.mark.parametrize(
    ("text", "codec", "expected"),
    [
        ("plain", "ascii", "utf-8"),
        (CHINESE, "utf-8", "utf-8"),
        (CHINESE, "utf-8-sig", "utf-8-sig"),
        (GERMAN, "utf-16", "utf-16"),
        (GERMAN, "utf-16-le", "utf-16-le"),
        (GERMAN, "utf-16-be", "utf-16-be"),
        (CHINESE, "utf-32", "utf-32"),
        (GERMAN, "cp1252", "cp1252"),
        ("hello\n" * 999 + "café\n", "cp1252", "cp1252"),
        (RUSSIAN, "cp1251", "cp1251"),
        (RUSSIAN, "koi8_r", "koi8_r"),
        (CHINESE, "gb18030", "gb18030"),
    ],
)
def test_text_comes_back_from_its_encoding(tmp_path, text, codec, expected):
    path = tmp_path / "a.txt"
    path.write_bytes(text.encode(codec))
    encoding = detect(path)
    assert encoding.name == expected
    with open_text(path, encoding) as file:
        assert file.read() == text


def test_bytes_of_no_encoding_are_read_as_latin_1(tmp_path):
    path = tmp_path / "a.txt"
    path.write_bytes(b"ok\n\x81\x8d \x90\n")
    assert detect(path).name == "latin-1"


def test_some_broken_bytes_do_not_change_the_encoding_of_the_rest(tmp_path):
    path = tmp_path / "a.txt"
    path.write_bytes("été\n".encode() * 5 + b"caf\xe9\n")
    with open_text(path, detect(path)) as file:
        assert file.readlines() == ["été\n"] * 5 + ["caf\udce9\n"]


def test_cut_utf_16_is_an_error_that_says_so(tmp_path):
    path = tmp_path / "a.txt"
    path.write_bytes("hello".encode("utf-16")[:-1])
    with pytest.raises(DataError, match=r"a\.txt.*utf-16.*damaged"):
        detect(path)


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("a\u2028b\x85c\x0b\x0cd\re\nf", ["a\u2028b\x85c\x0b\x0cd\re\n", "f"]),
        ("a\r\nb\r\n", ["a\r\n", "b\r\n"]),
        ("a\rb\r", ["a\r", "b\r"]),
    ],
)
def test_lines_end_only_where_the_file_ends_them(tmp_path, text, lines):
    path = tmp_path / "a.txt"
    path.write_bytes(text.encode())
    with open_text(path, detect(path)) as file:
        assert list(file) == lines
