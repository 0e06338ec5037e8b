from urllib.parse import parse_qs, urlsplit

import pytest

from app_pages.message.links import MAX_LINK_CHARS, SharedLink, read_link, share_link
from inference.core.errors import TextError

SPACE = "https://owner-space.hf.space"


class Query(dict):
    """A query as Streamlit gives it."""

    def get_all(self, key: str) -> list[str]:
        return self.get(key, [])


def opened(link: str) -> Query:
    return Query(parse_qs(urlsplit(link).query))


@pytest.mark.parametrize(
    "text",
    ["a day", "50 % & more = #1?", "线上 🎈\nline two\ttab", "<b>:red[x]</b> https://x/?a=b"],
)
def test_a_link_brings_back_what_was_shared(text: str):
    link = share_link(SPACE, "toys", text, ["demo/a", "demo/b"])
    assert link.startswith(f"{SPACE}/?") and link.isascii() and " " not in link
    assert read_link(opened(link)) == SharedLink(text, ("demo/a", "demo/b"))
    assert opened(link)["catalogue"] == ["toys"]


def test_with_one_catalogue_the_link_names_none():
    assert "catalogue" not in opened(share_link(f"{SPACE}/", None, "a", []))


@pytest.mark.parametrize("query", [{}, {"model": ["demo/a"]}, {"catalogue": ["toys"]}])
def test_an_address_without_a_text_shares_nothing(query: dict[str, list[str]]):
    assert read_link(Query(query)) is None


def test_a_message_too_long_for_a_link_is_refused_with_its_length():
    with pytest.raises(TextError, match=r"would have 8,0\d\d characters.* longer than 8,000"):
        share_link(SPACE, None, "x" * MAX_LINK_CHARS, [])
