"""What a visitor is told of a file that is being scored."""

from dataclasses import dataclass

import pytest

from app_pages.file.file_progress import describe_progress, format_duration
from inference.batch.job import BatchProgress
from inference.jobs.queue import JobState


@dataclass
class Seen:
    """The attributes of a job that the page reads."""

    state: JobState = JobState.RUNNING
    step: BatchProgress | None = None
    running_s: float = 0.0
    ahead: int = 0
    is_stopping: bool = False


HALF = BatchProgress(done=500, total=1000, resumed=0, rejected=0)


@pytest.mark.parametrize(
    ("job", "share", "line"),
    [
        (Seen(JobState.WAITING, ahead=1), 0, "In the queue: 1 file is before yours."),
        (Seen(JobState.WAITING, ahead=3), 0, "In the queue: 3 files are before yours."),
        (Seen(), 0, "Loading the model"),
        (Seen(step=HALF, running_s=1.0), 0.5, "500 of 1,000 rows"),
        (Seen(step=HALF, running_s=30.0), 0.5, "500 of 1,000 rows, about 30 seconds left"),
        (
            Seen(step=BatchProgress(500, 1000, 400, 7), running_s=60.0),
            0.5,
            "500 of 1,000 rows, 7 rejected, about 5 minutes left",
        ),
        (Seen(step=BatchProgress(400, 1000, 400, 0), running_s=60.0), 0.4, "400 of 1,000 rows"),
        (Seen(step=HALF, running_s=9.0, is_stopping=True), 0.5, "Stopping after the rows"),
    ],
)
def test_a_line_says_how_it_goes(job, share, line):
    found_share, found_line = describe_progress(job)
    assert found_share == share and found_line.startswith(line), found_line


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.2, "about 5 seconds"),
        (41, "about 45 seconds"),
        (60, "about 1 minute"),
        (61, "about 2 minutes"),
        (3 * 3600, "about 3 hours"),
    ],
)
def test_a_duration_is_said_as_a_person_does(seconds, words):
    assert format_duration(seconds) == words
