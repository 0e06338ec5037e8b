import io
import warnings

import matplotlib
import pytest
from matplotlib.figure import Figure
from PIL import Image

from training.report.canvas import (
    plot_style,
    png_bytes,
    short_label,
    single_plot,
    small_multiples,
    stacked_plots,
    title_suffix,
)


def dollars() -> Figure:
    with plot_style():
        figure, plot = single_plot("costs $5_a and $6^b", 2)
        plot.set_xticks([0, 1], ["$x_1$", "天気 🙂"])
    return figure


def test_a_plot_is_readable_at_720_pixels_and_sharp_at_half_as_many_again():
    image = Image.open(io.BytesIO(png_bytes(single_plot("a", 3)[0])))
    assert (image.format, image.size) == ("PNG", (1080, 450))


def test_the_same_figure_gives_the_same_bytes_without_date_or_version():
    content = png_bytes(dollars())
    assert content == png_bytes(dollars())
    assert not Image.open(io.BytesIO(content)).text


def test_dollar_signs_and_letters_that_the_font_lacks_are_drawn_in_peace():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        png_bytes(dollars())
    assert not any(text.get_parse_math() for text in dollars().axes[0].get_xticklabels())


def test_the_settings_of_this_machine_change_nothing_and_are_left_alone():
    expected = png_bytes(dollars())
    with matplotlib.rc_context({"font.size": 30, "axes.facecolor": "red", "savefig.dpi": 10}):
        assert png_bytes(dollars()) == expected
        assert matplotlib.rcParams["font.size"] == 30


def test_no_figure_stays_behind_in_pyplot():
    png_bytes(dollars())
    from matplotlib import pyplot

    assert pyplot.get_fignums() == []


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("toxic", "toxic"),
        ("a\tlabel  of\ntwo lines", "a label of two lines"),
        ("x" * 24, "x" * 24),
        ("x" * 25, "x" * 23 + "…"),
    ],
)
def test_names_are_cut_to_one_short_line(name: str, expected: str):
    assert short_label(name) == expected


@pytest.mark.parametrize("count", [1, 3, 4])
def test_each_name_has_a_panel_and_each_column_one_label_below(count: int):
    names = [f"label {n}" for n in range(count)]
    figure, plots = small_multiples("title", names, "across", "up")
    assert [plot.get_title() for plot in plots] == names
    assert [plot.get_xlabel() for plot in plots].count("across") == min(3, count)
    assert sum(plot.get_visible() for plot in figure.axes) == count


def test_stacked_plots_have_the_heights_asked_for():
    figure, plots = stacked_plots("title", (3, 1))
    assert len(plots) == 2 and figure.get_size_inches()[1] == 4


def test_a_title_says_when_labels_are_left_out():
    assert (title_suffix(4, 4), title_suffix(24, 40)) == ("", " (24 of 40 labels)")
