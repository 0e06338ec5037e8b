from dataclasses import replace

import pytest

from inference.core.json_record import from_json
from inference.data.problem_types import SINGLE
from inference.models.bundle import Bundle
from inference.models.receipt import Receipt
from tests.receipts import receipt_json
from tests.studies import NEAR, study
from training.report.card_text import (
    escape_markdown,
    markdown_table,
    summary,
    training,
)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain words, 3-5 (really)", "plain words, 3-5 (really)"),
        ("<img src=x onerror=alert(1)>", "&lt;img src=x onerror=alert(1)&gt;"),
        ("&lt;b&gt;", "&amp;lt;b&amp;gt;"),
        ("a|b", "a\\|b"),
        ("[x](javascript:y)", "\\[x\\](javascript:y)"),
        ("![x](http://h/i.png)", "!\\[x\\](http:&#47;&#47;h/i.png)"),
        ("**bold** _it_ `code` ~~gone~~", "\\*\\*bold\\*\\* \\_it\\_ \\`code\\` \\~\\~gone\\~\\~"),
        ("# title", "\\# title"),
        ("- item", "\\- item"),
        ("1. item", "1\\. item"),
        ("3.11.7", "3.11.7"),
        ("-0.5", "-0.5"),
        ("two\nlines\r\n\tand a tab", "two lines and a tab"),
        ("$x$ and mail@host", "\\$x\\$ and mail&#64;host"),
        (None, "None"),
    ],
)
def test_text_of_others_is_shown_literally(text: object, shown: str):
    assert escape_markdown(text) == shown


def test_a_table_has_one_line_a_row():
    assert markdown_table(("a", "b"), [("1", "2")]) == "| a | b |\n| --- | --- |\n| 1 | 2 |"


def test_the_card_of_a_tuned_model_says_how_many_trials_were_tried():
    receipt = from_json(Receipt, receipt_json(config={"learning_rate": 9e-4}))
    said = training(receipt, study())
    assert "the best of 7 trials by MCC on the validation part" in said
    assert "4 trained to their end, 1 stopped early, 1 failed" in said
    assert "where they were compared: MCC 0.500" in said and "`results/study/trials.csv`" in said
    assert r"tfidf\_lr: 32" in said
    assert "trials" not in training(receipt)
    said = training(receipt, study(validation=NEAR))
    assert "The settings are the recipe's own: of 7 trials" in said and "the best of 7" not in said


def test_the_card_says_what_the_labels_mean_where_that_was_said():
    meanings = {"good": "a text that praises | loudly", "bad": "it nags"}
    receipt = from_json(Receipt, receipt_json(config={"label_descriptions": meanings}))
    said = summary(receipt, Bundle(("good", "bad"), SINGLE))
    assert said.endswith("| good | a text that praises \\| loudly |\n| bad | it nags |")
    assert "it nags" not in summary(replace(receipt, config={}), Bundle(("good", "bad"), SINGLE))
