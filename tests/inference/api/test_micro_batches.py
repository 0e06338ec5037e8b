import asyncio
import threading

import pytest

from inference.api.micro_batches import MicroBatches
from inference.catalogue.comparison import Cell, Column, Comparison
from inference.core.errors import ModelError, Overloaded, TextError

LIMIT_S = 30


def said_of(texts):
    """Each text is its own answer, so that a row in the wrong place shows."""
    cells = tuple((Cell((float(len(text)),), (text,)),) for text in texts)
    return Comparison(("label",), "multi", (Column("demo/a", "", "", ""),), tuple(texts), cells)


class Slow:
    """Scores a batch when it is let; keeps what it was asked."""

    def __init__(self) -> None:
        self.batches: list[list[str]] = []
        self.has_begun = threading.Event()
        self.may_end = threading.Event()

    def __call__(self, texts):
        self.batches.append(list(texts))
        self.has_begun.set()
        assert self.may_end.wait(LIMIT_S)
        return said_of(texts)


async def ask_while_busy(batches: MicroBatches, slow: Slow, *questions: list[str]):
    """Ask one question, then all others while it is being scored; their answers in order."""
    first = asyncio.create_task(batches.score("a", ["first"], slow))
    assert await asyncio.to_thread(slow.has_begun.wait, LIMIT_S)
    others = [asyncio.create_task(batches.score("a", texts, slow)) for texts in questions]
    await asyncio.sleep(0)  # each of them runs until it waits
    slow.may_end.set()
    return (await asyncio.gather(first, *others, return_exceptions=True))[1:]


def test_who_waits_for_one_model_is_scored_together_and_gets_his_own_rows():
    sizes: list[int] = []
    batches, slow = MicroBatches(on_batch=sizes.append), Slow()
    answers = asyncio.run(ask_while_busy(batches, slow, ["a", "bb"], ["ccc"]))
    assert slow.batches == [["first"], ["a", "bb", "ccc"]] and sizes == [1, 3]
    assert answers == [said_of(["a", "bb"]), said_of(["ccc"])]


def test_a_batch_is_no_larger_than_it_may_and_takes_a_large_question_alone():
    batches, slow = MicroBatches(max_batch=3), Slow()
    questions = [["a", "b"], ["c", "d"], ["e"], ["f", "g", "h", "i"]]
    answers = asyncio.run(ask_while_busy(batches, slow, *questions))
    assert slow.batches[1:] == [["a", "b"], ["c", "d", "e"], ["f", "g", "h", "i"]]
    assert [answer.texts for answer in answers] == [tuple(texts) for texts in questions]


def test_a_text_that_cannot_be_scored_fails_its_own_question_alone():
    def score(texts):
        if "bad" in texts:
            raise TextError("text 1 is blank")
        return said_of(texts)

    class Choosy(Slow):
        def __call__(self, texts):
            super().__call__(texts)
            return score(texts)

    answers = asyncio.run(ask_while_busy(MicroBatches(), Choosy(), ["good"], ["bad"], ["fine"]))
    assert answers[0] == said_of(["good"]) and answers[2] == said_of(["fine"])
    assert isinstance(answers[1], TextError)


@pytest.mark.parametrize("error", [ModelError("no labels"), RuntimeError("a bug")])
def test_what_a_model_raises_reaches_everybody_who_waits_and_the_next_question_is_scored(error):
    def refuse(texts):
        raise error

    async def ask():
        batches = MicroBatches()
        questions = (batches.score("a", [text], refuse) for text in "xy")
        refused = await asyncio.gather(*questions, return_exceptions=True)
        return refused, await batches.score("a", ["z"], said_of)

    refused, answer = asyncio.run(ask())
    assert refused == [error, error] and answer == said_of(["z"])


def test_one_model_that_takes_long_to_load_holds_up_no_other():
    async def ask():
        batches, slow = MicroBatches(), Slow()
        held_up = asyncio.create_task(batches.score("slow", ["x"], slow))
        answer = await asyncio.wait_for(batches.score("quick", ["y"], said_of), LIMIT_S)
        slow.may_end.set()
        await held_up
        return answer

    assert asyncio.run(ask()) == said_of(["y"])


def test_only_so_much_may_wait_and_who_is_refused_learns_when_to_come_back():
    batches = MicroBatches(max_waiting=4)
    with batches.admitted(3):
        with pytest.raises(Overloaded, match="3 texts wait to be scored, and 4 may") as caught:
            batches.admitted(2).__enter__()
        assert 1 <= caught.value.wait_s <= 60
        with batches.admitted(1):
            assert batches.waiting == 4
    assert batches.waiting == 0
    with batches.admitted(9):  # larger than the line, but nobody waits
        assert batches.waiting == 9


def test_who_has_gone_leaves_the_others_their_answers():
    async def ask():
        batches, slow = MicroBatches(), Slow()
        gone = asyncio.create_task(batches.score("a", ["gone"], slow))
        assert await asyncio.to_thread(slow.has_begun.wait, LIMIT_S)
        stays = asyncio.create_task(batches.score("a", ["stays"], slow))
        await asyncio.sleep(0)
        gone.cancel()
        slow.may_end.set()
        return await asyncio.wait_for(stays, LIMIT_S)

    assert asyncio.run(ask()) == said_of(["stays"])
