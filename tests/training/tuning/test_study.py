"""The search: who gets which trial, which is cut short, when there is enough; real databases."""

import multiprocessing
import shutil
from collections.abc import Iterator
from pathlib import Path

import optuna
import pytest

from inference.core.errors import ConfigError
from inference.runs.study import COMPLETE, FAILED, PRUNED, RUNNING
from tests.training.forking import no_main
from tests.training.postgres import running_postgres
from training.settings import search_space
from training.settings.search_space import Choices, Range
from training.tuning.storage import StudyStorage
from training.tuning.study import Search

SPACE = {
    "learning_rate": Range(1e-5, 1e-2, is_log=True),
    "num_train_epochs": Range(1, 4, is_whole=True),
    "class_weights": Choices(("none", "sqrt")),
}
OWN = {"learning_rate": 1e-3, "num_train_epochs": 2, "class_weights": "none"}


def open_(folder: Path, storage: str | None = None, pruner: str = "none", seed: int = 1) -> Search:
    return Search(
        StudyStorage(folder, "study", storage), seed=seed, pruner=pruner, steps=4, rungs=2
    )


def do(search: Search, asked: int, value: float | None = None) -> list[int]:
    """Take trials until there are so many, each worth its learning rate unless a value is given."""
    numbers = []
    while (taken := search.take(OWN, asked)) is not None:
        values = search_space.suggest(taken.live, SPACE)
        worth = float(values["learning_rate"]) if value is None else value
        taken.report(1, worth)
        search.complete(taken, worth)
        numbers.append(taken.number)
    return numbers


def test_the_first_trial_has_the_recipes_own_values_and_there_are_as_many_as_asked(tmp_path):
    search = open_(tmp_path)
    assert do(search, 6) == [0, 1, 2, 3, 4, 5]
    assert dict(search.trials()[0].values) == OWN
    assert do(search, 8) == [6, 7], "the same study goes on"


@pytest.mark.slow
def test_equal_seeds_draw_equal_trials_also_when_a_new_process_carries_on(tmp_path):
    do(open_(tmp_path / "whole"), 8)
    for asked in (1, 3, 8):
        do(open_(tmp_path / "parts"), asked)
    whole, parts, other = (
        [dict(one.values) for one in open_(tmp_path / name).trials()]
        for name in ("whole", "parts", "other")
    )
    assert whole == parts and len({str(values) for values in whole}) == 8
    do(open_(tmp_path / "other", seed=2), 8)
    other = [dict(one.values) for one in open_(tmp_path / "other").trials()]
    assert other != whole


def test_an_interrupted_trial_is_carried_on_before_a_new_one_begins(tmp_path):
    first = open_(tmp_path).take(OWN, 3)
    values = search_space.suggest(first.live, SPACE)
    first.report(1, 0.25)
    assert open_(tmp_path).take(OWN, 1) is None, "it is at work"
    first.leave()  # as a kill does
    again = open_(tmp_path).take(OWN, 3)
    assert again.number == first.number and again.steps == {1: 0.25}
    assert search_space.suggest(again.live, SPACE) == values
    again.report(1, 0.75)  # its next life validates this epoch once more
    assert open_(tmp_path).trials()[0].steps == {1: 0.25}


@pytest.mark.parametrize("done_before", [0, 1])
@pytest.mark.parametrize("begins", [False, True], ids=["before it begins", "as it begins"])
def test_a_trial_is_carried_on_however_early_the_process_was_killed(
    tmp_path, monkeypatch: pytest.MonkeyPatch, done_before: int, begins: bool
):
    do(open_(tmp_path), done_before)
    ask = optuna.Study.ask

    def killed(study: optuna.Study) -> None:
        if begins:
            ask(study)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(optuna.Study, "ask", killed)
        open_(tmp_path).take(OWN, 3)
    search = open_(tmp_path)
    assert do(search, 3) == list(range(done_before, 3))
    assert [one.state for one in search.trials()] == [COMPLETE] * 3
    assert dict(search.trials()[0].values) == OWN


def test_a_trial_of_another_folder_is_left_to_those_who_work_there(tmp_path):
    storage = f"sqlite:///{tmp_path / 'shared.db'}"
    theirs = open_(tmp_path / "theirs", storage).take(OWN, 9)
    theirs.leave()
    assert open_(tmp_path / "ours", storage).take(OWN, 9).number == 1


def test_poor_trials_are_stopped_early_but_never_the_recipes_own(tmp_path):
    search = open_(tmp_path, pruner="median")
    verdicts = []
    for value in (0.1, 0.9, 0.8, 0.2):
        taken = search.take(OWN, 4)
        search_space.suggest(taken.live, SPACE)
        taken.report(1, value)
        verdicts.append(taken.is_hopeless())
        search.prune(taken) if verdicts[-1] else search.complete(taken, value)
    assert verdicts == [False, False, False, True]
    assert [one.state for one in search.trials()] == [COMPLETE] * 3 + [PRUNED]


def test_of_those_that_came_as_far_only_the_best_third_goes_on(tmp_path):
    search = open_(tmp_path, pruner="halving")
    verdicts = []
    # the recipe's own, then worse, better, second of 4, second of 5, second of 6, third of 7
    for value in (0.5, 0.4, 0.9, 0.8, 0.7, 0.85, 0.84):
        taken = search.take(OWN, 7)
        search_space.suggest(taken.live, SPACE)
        taken.report(1, value)
        verdicts.append(taken.is_hopeless())
        if not verdicts[-1]:
            taken.report(2, len(verdicts))  # each is the best so far
            assert not taken.is_hopeless()
            taken.report(3, 0.0)
            assert not taken.is_hopeless(), "the rungs are behind it"
        search.prune(taken) if verdicts[-1] else search.complete(taken, value)
    assert verdicts == [False, True, False, True, True, False, True]


def test_a_failed_trial_keeps_its_error_and_another_comes_next(tmp_path):
    search = open_(tmp_path)
    search.fail(search.take(OWN, 2), "ModelError: the loss is nan")
    assert do(search, 2) == [1]
    failed = search.trials()[0]
    assert (failed.state, failed.error, failed.value) == (
        FAILED,
        "ModelError: the loss is nan",
        None,
    )


def test_it_is_enough_when_a_row_of_trials_gained_less_than_chance_may(tmp_path):
    search = open_(tmp_path)
    do(search, 4, value=0.5)
    assert not search.is_stale(3), "nothing is known of chance"
    search.note_noise(0.02)
    assert search.is_stale(3) and not search.is_stale(4) and not search.is_stale(0)
    do(search, 5, value=0.53)
    assert not search.is_stale(3)
    do(search, 8, value=0.54)
    assert search.is_stale(3)


def test_a_study_of_other_data_is_refused(tmp_path):
    open_(tmp_path).refuse_other({"train sha256": "a", "sizes": (1, 2)})
    open_(tmp_path).refuse_other({"train sha256": "a", "sizes": (1, 2)})
    with pytest.raises(ConfigError, match="train sha256 is a there, b asked"):
        open_(tmp_path).refuse_other({"train sha256": "b", "sizes": (1, 2)})


@pytest.mark.parametrize(
    ("storage", "said"),
    [
        ("nonsense", "is no URL of a database"),
        ("postgresql://me:secret@127.0.0.1:1/study", "cannot be used"),
        ("oracle://me:secret@127.0.0.1/study", "cannot be used"),
        ("redis://me:secret@127.0.0.1:1/study", "is on redis, which keeps no study"),
        ("http://me:secret@127.0.0.1/study", "Can't load plugin"),
        ("postgresql://me:secret@127.0.0.1:abc/study", "is no URL of a database"),
        ("sqlite:///nul\0.db", "cannot be used"),
        ("sqlite://", "is kept in memory only"),
        ("sqlite:///:memory:", "is kept in memory only"),
    ],
)
def test_a_storage_that_does_not_answer_is_told_without_its_password(tmp_path, storage, said):
    with pytest.raises(ConfigError, match=said) as caught:
        open_(tmp_path, storage)
    assert "secret" not in str(caught.value)


@pytest.fixture(scope="module")
def postgres() -> Iterator[str]:
    with running_postgres() as url:
        yield url


def _in_process(folder: Path, storage: str) -> None:
    do(open_(folder, storage), 12)


@pytest.mark.slow
@pytest.mark.parametrize("database", ["sqlite", "postgres"])
def test_processes_share_a_study_and_no_trial_is_done_twice(tmp_path, request, database):
    storage = request.getfixturevalue("postgres") if database == "postgres" else None
    context = multiprocessing.get_context("spawn")
    with no_main():
        workers = [context.Process(target=_in_process, args=(tmp_path, storage)) for _ in range(2)]
        for worker in workers:
            worker.start()
    for worker in workers:
        worker.join(120)
    assert [worker.exitcode for worker in workers] == [0, 0]
    trials = open_(tmp_path, storage).trials()
    assert [one.number for one in trials] == list(range(12))
    assert all(one.state == COMPLETE for one in trials)
    assert len({one.values["learning_rate"] for one in trials}) == 12


@pytest.mark.slow
def test_machines_share_a_study_of_one_server(tmp_path, postgres: str):
    storage = f"{postgres}?application_name=machines"
    here, there = (
        Search(
            StudyStorage(tmp_path / name, "machines", storage),
            seed=1,
            pruner="none",
            steps=4,
            rungs=2,
        )
        for name in ("here", "there")
    )
    first, second = here.take(OWN, 9), there.take(OWN, 9)
    for search, taken in ((here, first), (there, second)):
        search_space.suggest(taken.live, SPACE)
        search.complete(taken, 0.5)
    assert [one.state for one in here.trials()] == [COMPLETE, COMPLETE]
    shutil.rmtree(tmp_path / "here")
    assert len(there.trials()) == 2 and RUNNING not in {one.state for one in there.trials()}
