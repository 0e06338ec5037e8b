"""Share links: a message and the models to ask, in the query of the Space's own address.

Owns the form of the link. A message enters a link, and so the logs between here and there, only
when the visitor asks for one.

    https://owner-space.hf.space/?catalogue=toys&model=demo%2Ftuned&text=what+a+day
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import urlencode

from inference.core.errors import TextError

# Of the whole link. Proxies commonly read 8 KiB of a request's first line, nginx among them.
MAX_LINK_CHARS = 8_000


@dataclass(frozen=True)
class SharedLink:
    """What a link brings: a text to analyze, and the models named in it, on show or not."""

    text: str
    repo_ids: tuple[str, ...]


class QueryParams(Protocol):
    """The query of an address; a name may occur several times."""

    def get_all(self, key: str) -> list[str]: ...


def share_link(address: str, catalogue_name: str | None, text: str, repo_ids: Sequence[str]) -> str:
    """The link that shows this text to these models; no catalogue_name where there is only one.

    Raises:
        TextError: the text is too long for a link.
    """
    named = [("catalogue", catalogue_name)] if catalogue_name is not None else []
    models = [("model", repo_id) for repo_id in repo_ids]
    link = f"{address.rstrip('/')}/?{urlencode([*named, *models, ('text', text)])}"
    if len(link) > MAX_LINK_CHARS:
        raise TextError(
            f"A link with this message would have {len(link):,} characters, and servers cut off "
            f"what is longer than {MAX_LINK_CHARS:,}: share a shorter message."
        )
    return link


def read_link(query: QueryParams) -> SharedLink | None:
    """What the address of the page brings; None where it brings no text."""
    texts = query.get_all("text")
    return SharedLink(texts[-1], tuple(query.get_all("model"))) if texts else None
