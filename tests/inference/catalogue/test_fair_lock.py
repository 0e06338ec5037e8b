"""A person waits for one turn of a job at most, however eager the job is."""

import threading
import time

import numpy as np
import pytest

from inference.catalogue.fair_lock import FairLock, TurnTakingScorer
from inference.models.classifier import load_classifier

LIMIT_S = 30


def test_a_person_goes_before_a_job_that_takes_turn_after_turn():
    lock, order = FairLock(), []
    has_begun, is_waiting, is_done = threading.Event(), threading.Event(), threading.Event()

    def job():
        while not is_done.is_set():
            with lock.of_job():
                order.append("job")
                if not has_begun.is_set():
                    has_begun.set()
                    assert is_waiting.wait(LIMIT_S)

    def person():
        is_waiting.set()
        with lock.of_person():
            order.append("person")
        is_done.set()

    worker = threading.Thread(target=job)
    worker.start()
    assert has_begun.wait(LIMIT_S)
    visitor = threading.Thread(target=person)
    visitor.start()
    visitor.join(LIMIT_S)
    worker.join(LIMIT_S)
    # A turn or two may begin before the person stands in line; a plain lock lets hundreds go first.
    assert order.index("person") <= 3, order[:10]


def test_persons_go_in_the_order_they_came_however_soon_one_comes_back():
    lock, order = FairLock(), []

    def visitor(name: str) -> None:
        with lock.of_person():
            order.append(name)

    def eager() -> None:
        for _ in range(3):
            visitor("eager")

    with lock.of_person():
        threads = []
        for work in (eager, lambda: visitor("first"), lambda: visitor("second")):
            threads.append(threading.Thread(target=work))
            threads[-1].start()
            while len(lock._persons) < len(threads):
                time.sleep(0.01)
    for thread in threads:
        thread.join(LIMIT_S)
    assert order == ["eager", "first", "second", "eager", "eager"]


def test_two_never_compute_at_once_and_an_error_gives_the_turn_back():
    lock, inside, most = FairLock(), [], []

    def work(way):
        for _ in range(50):
            with way():
                inside.append(1)
                most.append(len(inside))
                inside.pop()

    ways = (lock.of_job, lock.of_person, lock.of_job, lock.of_person)
    threads = [threading.Thread(target=work, args=(way,)) for way in ways]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(LIMIT_S)
    assert len(most) == 200 and set(most) == {1}
    with pytest.raises(ValueError), lock.of_person():
        raise ValueError
    with lock.of_job():
        pass


def test_texts_of_many_turns_get_the_scores_of_one(onnx_model):
    model = load_classifier(onnx_model, threads=1)
    texts = [f"good day {number}" for number in range(150)]
    assert np.array_equal(TurnTakingScorer(model, FairLock()).score(texts), model.score(texts))
    assert TurnTakingScorer(model).score([]).shape == (0, 3)
