"""training.chat_tuning.paraphrasing: more dialogues with the same answers, made once."""

import pytest

from inference.chat.messages import Message
from training.chat_tuning import corpus, paraphrasing
from training.chat_tuning.paraphrasing import is_paraphrase


@pytest.mark.parametrize(
    ("question", "original", "expected"),
    [
        ("What is your name?", "Who are you?", True),
        ("who are  YOU?", "Who are you?", False),
        ("", "Who are you?", False),
        ("I am glad that you asked. " * 5, "Who are you?", False),
    ],
)
def test_what_counts_as_a_paraphrase(question, original, expected):
    assert is_paraphrase(question, original) is expected


def test_reworded_dialogues_keep_their_answers_and_are_made_once(
    settings_for, tiny_chat, tmp_path, monkeypatch
):
    config = settings_for(paraphrases=3, paraphrase_model_name_or_path=str(tiny_chat))
    read = corpus.prepare(config)
    asked = []

    def reword(dialogues, base, settings):
        asked.append(len(dialogues))
        return [f"Please {one.messages[0].content}" for one in dialogues]

    monkeypatch.setattr(paraphrasing, "_reword", reword)
    more, again = (paraphrasing.extend(read, config, None, tmp_path) for _ in range(2))
    new = more.train[len(read.train) :]
    assert len(new) == 3 and more == again and asked == [3]
    for one in new:
        assert one.messages[0].content.startswith("Please ")
        assert one.answers in {old.answers for old in read.train}
    assert more.test == read.test and more.validation == read.validation


def test_a_model_is_asked_and_what_is_none_is_left_out(settings_for, tiny_chat, tmp_path):
    """A random model says noise: whatever comes, no dialogue gets an empty or equal question."""
    config = settings_for(paraphrases=4, paraphrase_model_name_or_path=str(tiny_chat))
    read = corpus.prepare(config)
    more = paraphrasing.extend(read, config, None, tmp_path)
    originals = {one.messages[0] for one in read.train}
    for one in more.train[len(read.train) :]:
        assert one.messages[0].content.strip() and one.messages[0] not in originals
        assert isinstance(one.messages[0], Message)
