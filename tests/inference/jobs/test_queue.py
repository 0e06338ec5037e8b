"""So many jobs at once, the others in a queue they can leave; an end of each kind is told."""

import threading

import pytest

from inference.core.errors import DataError
from inference.jobs.queue import JobQueue, JobState

LIMIT_S = 30


class Held:
    """Work of three steps that goes on when told."""

    def __init__(self):
        self.has_begun, self.may_go_on, self.is_closed = (threading.Event() for _ in range(3))

    def __call__(self):
        try:
            yield 1
            self.has_begun.set()
            assert self.may_go_on.wait(LIMIT_S)
            yield 2
            yield 3
        finally:
            self.is_closed.set()


def test_a_job_tells_its_steps_and_its_end():
    work = Held()
    job = JobQueue(1).submit(work)
    assert work.has_begun.wait(LIMIT_S)
    assert (job.state, job.step, job.ahead, job.is_over) == (JobState.RUNNING, 1, 0, False)
    work.may_go_on.set()
    assert job.wait(LIMIT_S)
    assert (job.state, job.step, job.error) == (JobState.DONE, 3, None)


@pytest.mark.parametrize("at_once", [1, 2])
def test_others_wait_their_turn_and_know_how_many_are_ahead(at_once):
    queue, works = JobQueue(at_once), [Held() for _ in range(at_once + 2)]
    jobs = [queue.submit(work) for work in works]
    assert works[at_once - 1].has_begun.wait(LIMIT_S)
    assert [job.ahead for job in jobs[at_once:]] == [at_once, at_once + 1]
    assert not works[at_once].has_begun.is_set()
    works[0].may_go_on.set()
    assert works[at_once].has_begun.wait(LIMIT_S)
    for work in works:
        work.may_go_on.set()
    assert all(job.wait(LIMIT_S) and job.state is JobState.DONE for job in jobs)


def test_a_job_is_stopped_at_a_step_and_its_work_is_closed():
    work = Held()
    job = JobQueue(1).submit(work)
    assert work.has_begun.wait(LIMIT_S)
    job.stop()
    work.may_go_on.set()
    assert job.wait(LIMIT_S)
    assert (job.state, job.step) == (JobState.STOPPED, 2) and work.is_closed.is_set()


def test_a_job_that_waits_leaves_the_line_at_once():
    queue, first, second = JobQueue(1), Held(), Held()
    running = queue.submit(first)
    assert first.has_begun.wait(LIMIT_S)
    waiting = queue.submit(second)
    waiting.stop()
    assert waiting.wait(LIMIT_S) and waiting.state is JobState.STOPPED
    assert not second.has_begun.is_set() and not running.is_over
    first.may_go_on.set()
    assert running.wait(LIMIT_S)


def failing(error):
    yield 1
    raise error


def test_a_users_error_is_kept_for_the_page():
    job = JobQueue(1).submit(lambda: failing(DataError("no such column")))
    assert job.wait(LIMIT_S)
    assert job.state is JobState.FAILED and str(job.error) == "no such column"


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_bug_ends_the_job_and_the_next_one_runs():
    queue = JobQueue(1)
    job = queue.submit(lambda: failing(ZeroDivisionError()))
    assert job.wait(LIMIT_S)
    assert job.state is JobState.FAILED and job.error is None
    work = Held()
    work.may_go_on.set()
    assert queue.submit(work).wait(LIMIT_S)
