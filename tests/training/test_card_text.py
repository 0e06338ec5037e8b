import pytest

from training.card_text import escape, table


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain words, 3-5 (really)", "plain words, 3-5 (really)"),
        ("<img src=x onerror=alert(1)>", "&lt;img src=x onerror=alert(1)&gt;"),
        ("&lt;b&gt;", "&amp;lt;b&amp;gt;"),
        ("a|b", "a\\|b"),
        ("[x](javascript:y)", "\\[x\\](javascript:y)"),
        ("![x](http://h/i.png)", "!\\[x\\](http:&#47;&#47;h/i.png)"),
        ("**bold** _it_ `code` ~~gone~~", "\\*\\*bold\\*\\* \\_it\\_ \\`code\\` \\~\\~gone\\~\\~"),
        ("# title", "\\# title"),
        ("- item", "\\- item"),
        ("1. item", "1\\. item"),
        ("3.11.7", "3.11.7"),
        ("-0.5", "-0.5"),
        ("two\nlines\r\n\tand a tab", "two lines and a tab"),
        ("$x$ and mail@host", "\\$x\\$ and mail&#64;host"),
        (None, "None"),
    ],
)
def test_text_of_others_is_shown_literally(text: object, shown: str):
    assert escape(text) == shown


def test_a_table_has_one_line_a_row():
    assert table(("a", "b"), [("1", "2")]) == "| a | b |\n| --- | --- |\n| 1 | 2 |"
