"""training.chat_tuning.plots: what was measured is drawn, and nothing in between is made up."""

import pytest

from training.chat_tuning.plots import loss_curve


def looks(*steps: int) -> list[dict[str, float]]:
    trained = [{"step": step, "loss": 2.0 - step / 100} for step in (5, 10, 15, 20)]
    return [*trained, *({"step": step, "validation_loss": 3.0 - step / 10} for step in steps)]


def drawn(*steps: int):
    (axes,) = loss_curve({"one": looks(*steps)}).axes
    return {str(line.get_label()): line for line in axes.get_lines()}


@pytest.mark.parametrize(("steps", "style"), [((0, 20), "None"), ((0, 10, 20), "-")])
def test_validation_is_joined_by_a_line_once_there_is_something_between(steps, style):
    line = drawn(*steps)["one: validation"]
    assert line.get_linestyle() == style and line.get_marker() == "o"
    assert line.get_xydata().tolist() == [[step, 3.0 - step / 10] for step in steps]


def test_the_base_model_is_the_line_across():
    assert set(drawn(0, 20)["base model: validation"].get_ydata()) == {3.0}
    assert "base model: validation" not in drawn(20)
