"""A visitor's folder: it goes with the visit and with the server, and its jobs stop before."""

import gc
import time

from inference.jobs import session_files
from inference.jobs.queue import JobQueue, JobState
from inference.jobs.session_files import SessionFiles

LIMIT_S = 30


def gone(folder):
    deadline = time.monotonic() + LIMIT_S
    while folder.exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    return not folder.exists()


def test_a_visit_that_is_let_go_of_takes_its_files_along():
    visit = SessionFiles()
    folder, room = visit.folder, visit.room()
    (room / "upload.csv").write_text("private")
    del visit
    gc.collect()
    assert gone(folder)


def test_a_visit_stops_its_job_before_its_files_go():
    visit, steps = SessionFiles(), []

    def work():
        while True:
            time.sleep(0.01)
            steps.append((visit_folder / "step").write_text("x"))
            yield 1

    visit_folder = visit.folder
    job = JobQueue(1).submit(work)
    visit.follow(job)
    visit.end()
    assert gone(visit_folder) and job.state is JobState.STOPPED


def test_a_visitor_cannot_fill_the_disk():
    visit = SessionFiles()
    rooms = [visit.room() for _ in range(20)]
    assert [room.exists() for room in rooms] == [False] * 12 + [True] * 8
    visit.end()


def test_a_server_that_ends_takes_every_visit_along():
    visit, other = SessionFiles(), SessionFiles()
    (other.room() / "upload.csv").write_text("private")

    def work():
        while True:
            time.sleep(0.01)
            (visit.folder / "step").write_text("x")
            yield 1

    job = JobQueue(1).submit(work)
    visit.follow(job)
    session_files.end_all()
    assert job.state is JobState.STOPPED
    assert not visit.folder.exists() and not other.folder.exists()
