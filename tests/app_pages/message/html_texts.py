"""A piece of HTML taken apart: the texts in it and its tags."""

from html.parser import HTMLParser


class Texts(HTMLParser):
    """The texts of a page and its tags, each with its attributes."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.found.append(data)

    def styles(self, kind: str) -> list[str]:
        return [at["style"] for _, at in self.tags if kind in (at.get("class") or "").split()]
