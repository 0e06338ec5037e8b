"""Times sort as they happened; what could mean two days is refused."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from inference.data.cells import Unusable
from inference.data.times import as_time, kind

NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "moment"),
    [
        ("2026-01-01", NEW_YEAR),
        (" 2026-01-01T00:00:00Z ", NEW_YEAR),
        ("2026-01-01 02:00+02:00", NEW_YEAR),
        (date(2026, 1, 1), NEW_YEAR),
        (datetime(2026, 1, 1), NEW_YEAR),
        (5, 5.0),
        ("2019", 2019.0),
        ("1583020800000", 1583020800000.0),
        (Decimal("1.5"), 1.5),
    ],
)
def test_dates_and_numbers_are_read(value, moment):
    assert as_time(value, "day") == moment


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("01/02/2020", "time 'day' is '01/02/2020', expected a date such as 2026-01-31"),
        ("soon", "expected a date"),
        ("nan", "expected a date"),
        ("inf", "expected a date"),
        (True, "expected a date"),
        ("0001-01-01T00:00+05:00", "expected a date"),
        (None, "time 'day' is missing"),
        (" ", "time 'day' is missing"),
        (["2026-01-01"], "type list"),
    ],
)
def test_what_is_no_time_has_a_reason(value, reason):
    with pytest.raises(Unusable, match=reason):
        as_time(value, "day")


def test_a_person_calls_it_a_date_or_a_number():
    assert (kind(NEW_YEAR), kind(5.0)) == ("date", "number")
