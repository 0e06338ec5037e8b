"""Event log: what was done and what happened, one line of JSON each, for the owner's log.

Owns the form of a line and its way to stderr, where a Space keeps its log. Holds facts about
events (how many, how long, which model), never what a visitor wrote and never a token: a fact by
such a name is refused. A reader filters with jq, say, 'jq -R "fromjson? | .event"'.

Try: python -c "from inference.core.event_log import record_event; record_event('a', texts=2)"
"""

import json
import logging
import math
from datetime import UTC, datetime
from functools import cache

NAME = "journal"  # of the logger, for whoever wants the lines elsewhere too
MAX_CHARS = 200  # of one fact; what is longer is cut, as a log line is no place for it
# A fact may be called text_chars or texts (how many), but not text or user_text.
_REFUSED = frozenset("text token message secret password".split())


def record_event(event: str, **facts: str | int | float | bool | None) -> None:
    """Write an event as one line: {"time": UTC in ISO 8601, "event": ..., and the facts}.

    Raises:
        ValueError: a fact is named for what a journal must not hold.
    """
    for name in facts:
        if name == "time" or name.rsplit("_", maxsplit=1)[-1] in _REFUSED:
            raise ValueError(
                f"the fact {name!r} of {event!r} may not be in the journal: it holds no time but "
                "the event's, nothing a visitor wrote and no secret. Record a count or a length."
            )
    at = datetime.now(UTC).isoformat(timespec="milliseconds")
    line = {"time": at, "event": event, **{name: _fact(fact) for name, fact in facts.items()}}
    _logger().info(json.dumps(line))  # in ASCII: U+2028, say, would begin a line for some readers


def _fact(fact: str | int | float | bool | None) -> str | int | float | bool | None:
    if isinstance(fact, str) and len(fact) > MAX_CHARS:
        return f"{fact[: MAX_CHARS - 1]}…"
    if isinstance(fact, float) and not math.isfinite(fact):
        return None  # JSON knows neither infinity nor NaN
    return fact


@cache
def _logger() -> logging.Logger:
    """The journal's logger; it writes to stderr from the first event on, and nothing else there."""
    logger = logging.getLogger(NAME)
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(message)s"))
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    logger.propagate = False  # a handler of the root would print every line again, in another form
    return logger
