"""The planted wrong labels: how many, which, and how many of them were found."""

from benchmarks.label_noise import Found, found_in, plant

ROWS = [(f"text {row}", "abc"[row % 3]) for row in range(200)]


def test_a_share_of_the_labels_is_another_and_the_texts_stay():
    given = plant(ROWS, 10, seed=1)
    changed = [(a, b) for (_, a), (_, b) in zip(ROWS, given, strict=True) if a != b]
    assert len(changed) == 20 and len(set(changed)) > 3, changed
    assert [text for text, _ in given] == [text for text, _ in ROWS]
    assert plant(ROWS, 10, seed=1) == given != plant(ROWS, 10, seed=2)
    assert plant(ROWS, 0, seed=1) == ROWS


def test_what_was_left_out_is_held_against_what_was_planted():
    given = [(text, "z" if row in (3, 4, 9) else label) for row, (text, label) in enumerate(ROWS)]
    assert found_in(ROWS, given, [4, 5, 100]) == Found(left_out=3, right=2, planted=3)
    assert found_in(ROWS, given, []) == Found(0, 0, 3)
