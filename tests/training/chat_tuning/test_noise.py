"""training.chat_tuning.noise: what breaks off or repeats itself, and what only looks so."""

import pytest

from training.chat_tuning import noise

LONG = "The sea is wide and the sky above it is wider still, as every sailor will tell you"


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("Paris", ()),
        (f"{LONG}.", ()),
        (f"{LONG}", ()),  # a title, a line of verse: no sign that more was to come
        (f"{LONG} because of the", ("its answer breaks off",)),
        (f"{LONG},", ("its answer breaks off",)),
        (f"{LONG}:\n```python\nprint(1)", ("its answer breaks off",)),
        (f"{LONG}:\n```python\nprint(1)\n```", ()),
        ("I do not know what to say. " * 6, ("its answer repeats itself",)),
        ("no no no no no no no no no", ("its answer repeats itself",)),
        ("ha ha ha", ()),
    ],
)
def test_faults_of_an_answer(answer, expected):
    assert noise.faults(answer) == expected
