"""The guess of the language, and what is said when parts or settings differ from it."""

from tests.training.doctor.given import parts
from training.doctor import languages

ENGLISH = "The flight was two hours late and nobody told the passengers why."
GERMAN = "Der Flug hatte zwei Stunden Verspätung und niemand sagte den Leuten warum."
CHINESE = "航班晚点了两个小时，没有人告诉乘客原因。"


def _texts(text, count=30):
    return [f"{text} {number}" for number in range(count)]


def _codes(folder, language=None, **texts_of):
    given = parts(
        folder,
        **{
            name: [(text, "ab"[i % 2]) for i, text in enumerate(texts)]
            for name, texts in texts_of.items()
        },
    )
    shares = [languages.guess(part.texts, 0) for part in given]
    return [one.code for one in languages.find(given, shares, language)]


def test_the_language_is_guessed_from_a_sample():
    assert languages.guess(_texts(ENGLISH), 0) == {"en": 1.0}
    assert languages.guess(_texts(GERMAN, 2000), 0) == {"de": 1.0}
    assert languages.guess(_texts(CHINESE), 0) == {"zh": 1.0}


def test_short_or_few_texts_are_not_guessed_at():
    assert languages.guess(["ok", "12345678901234567890"] * 50, 0) == {}
    assert languages.guess(_texts(ENGLISH, 5), 0) == {}
    assert languages.guess([], 0) == {}


def test_a_mixture_another_language_in_test_and_a_wrong_setting_are_said(tmp_path):
    english, german = _texts(ENGLISH), _texts(GERMAN)
    assert _codes(tmp_path, "en", train=english, test=english) == []
    assert _codes(tmp_path, "en", train=english + german) == ["several_languages"]
    assert _codes(tmp_path, None, train=english, test=german) == ["other_language"]
    assert _codes(tmp_path, "en", train=german, test=german) == ["unexpected_language"]
