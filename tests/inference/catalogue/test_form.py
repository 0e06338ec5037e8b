"""The fields that are asked for, and a line of a file in place of them."""

import json

import pytest

from inference.catalogue.form import Form, form_of
from inference.core.errors import TextError
from inference.data.problem_types import SINGLE
from inference.models.bundle import Bundle

CLICK = Bundle(
    ("no", "yes"),
    SINGLE,
    text_fields=("prefix", "title", "tag", "predicted"),
    json_fields=("predicted",),
)
COLUMNS = ["prefix", "predicted", "title", "tag", "click"]
FORM = Form(CLICK.text_fields, CLICK.json_fields, tuple(COLUMNS))


def receipt(folder, **config):
    (folder / "run.json").write_text(json.dumps({"config": config}))
    return folder


def test_the_fields_are_those_of_the_model_and_a_line_that_of_its_training_file(tmp_path):
    assert form_of(CLICK, receipt(tmp_path, column_names=COLUMNS)) == FORM


@pytest.mark.parametrize("config", [{}, {"column_names": []}, {"column_names": ["a", "b"]}])
def test_without_the_columns_of_a_file_a_line_holds_the_fields(tmp_path, config):
    assert form_of(CLICK, receipt(tmp_path, **config)).line_fields == CLICK.text_fields


def test_a_model_that_reads_one_field_takes_no_line(tmp_path):
    form = form_of(Bundle(("no", "yes"), SINGLE, text_fields=()), tmp_path)
    assert form == Form(("text",), (), ())


@pytest.mark.parametrize("end", ["", "\t1", "\t1\r\n", "\t"])
def test_a_line_is_taken_apart_with_or_without_its_label(end: str):
    assert FORM.take_apart(f'wea\t{{"weather": 0.4}}\tWeather app\tapps{end}') == {
        "prefix": "wea",
        "title": "Weather app",
        "tag": "apps",
        "predicted": '{"weather": 0.4}',
    }


@pytest.mark.parametrize(("line", "seen"), [("", 1), ("a b c", 1), ("a\tb\tc", 3), ("\t" * 5, 6)])
def test_a_line_of_other_columns_is_refused_with_what_was_expected(line: str, seen: int):
    with pytest.raises(TextError, match=f"has {seen} column.* expected 4 to 5: prefix, predicted"):
        FORM.take_apart(line)


def test_blank_cells_are_kept_as_the_file_has_them():
    fields = FORM.take_apart(" a \t\tb\t")
    assert fields == {"prefix": " a ", "title": "b", "tag": "", "predicted": ""}
    assert CLICK.compose(fields) == " a  b  "
