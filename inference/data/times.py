"""Times: the cell that says when a row came about -> a point that sorts before or after others.

Reads dates and times as ISO 8601 writes them, and numbers, which need only grow with time: seconds
since 1970, a year, a running number. 01/02/2020 is refused, for it is a day of January here and of
February there. What is done with the order is the business of training.

Try: python -c "from inference.data import times; \
    print(times.as_time('2026-01-31 12:30', 'written'))"
"""

import math
from datetime import UTC, date, datetime, time
from decimal import Decimal

from inference.data.cells import Unusable, as_text, is_blank, quote_text

# Dates and numbers do not compare: a column holds the one or the other.
Time = datetime | float


def as_time(value: object, field: str) -> Time:
    """Return the cell as a number, or as a date and time in UTC, which one without a zone is in.

    Raises:
        Unusable: missing, or neither a number nor a date in ISO 8601.
    """
    if isinstance(value, date):  # a datetime is a date as well
        return _in_utc(value if isinstance(value, datetime) else datetime.combine(value, time()))
    if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        value = str(value)
    text = as_text(value, field).strip()
    if is_blank(text):
        raise Unusable(f"time {field!r} is missing")
    try:
        number = float(text)  # before the date: Python takes the digits of 1583020800000 for one
    except ValueError:
        return _from_iso(text, field)
    if not math.isfinite(number):
        raise Unusable(_refusal(text, field))
    return number


def kind(moment: Time) -> str:
    """Return what a person calls it: a date or a number."""
    return "date" if isinstance(moment, datetime) else "number"


def _from_iso(text: str, field: str) -> datetime:
    try:
        return _in_utc(datetime.fromisoformat(text))
    except (ValueError, OverflowError):  # the first and last day of the calendar, in another zone
        raise Unusable(_refusal(text, field)) from None


def _in_utc(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _refusal(text: str, field: str) -> str:
    return (
        f"time {field!r} is {quote_text(text)}, expected a date such as 2026-01-31 or "
        "2026-01-31T12:30:00Z, or a number"
    )
