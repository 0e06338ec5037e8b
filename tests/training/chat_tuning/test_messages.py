"""training.chat_tuning.messages: three forms of rows become dialogues, all others are rejected."""

import json

import pandas as pd
import pytest

from inference.core.errors import DataError
from tests.training.chat_tuning.toys import dialogue, write_rows
from training.chat_tuning import messages

HI = dialogue("Hi", "Hello!")
BOTH = [("user", "Hi"), ("assistant", "Hello!")]


def said(one: messages.Dialogue) -> list[tuple[str, str]]:
    return [(message.role, message.content) for message in one.messages]


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (HI, BOTH),
        ({"instruction": "Hi", "input": "", "output": "Hello!"}, BOTH),
        ({"instruction": "Add", "input": "1 2", "output": "3"},
         [("user", "Add\n\n1 2"), ("assistant", "3")]),
        ({"prompt": "Hi", "completion": "Hello!"}, BOTH),
        ({"prompt": HI["messages"][:1], "completion": HI["messages"][1:]}, BOTH),
        ({"messages": [{"role": "system", "content": "Be kind."}, *HI["messages"]]},
         [("system", "Be kind."), *BOTH]),
    ],
)  # fmt: skip
def test_each_form_becomes_the_same_kind_of_dialogue(tmp_path, row, expected):
    (one,) = messages.read(write_rows(tmp_path / "rows.jsonl", [row])).dialogues
    assert said(one) == expected and one.row == 1


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ({"messages": []}, "ends with nothing"),
        ({"messages": HI["messages"][:1]}, "ends with user, expected an assistant"),
        ({"messages": [*HI["messages"], *HI["messages"][1:]]}, "expected user and assistant in"),
        ({"messages": [{"role": "tool", "content": "x"}, HI["messages"][1]]}, "its roles are tool"),
        ({"messages": "[{"}, "messages is no JSON"),
        ({"messages": [3]}, "a message is 3"),
        ({"messages": [{"role": "user", "content": None}, HI["messages"][1]]}, "content is None"),
        (dialogue("Hi", "  "), "message 2 (assistant) is empty"),
        ({"instruction": "Hi", "output": 3}, "output is int, expected a text"),
        ({"text": "Hi"}, "it has the columns text, expected messages"),
    ],
)
def test_a_row_that_is_no_dialogue_is_rejected_with_its_reason(tmp_path, row, reason):
    read = messages.read(write_rows(tmp_path / "rows.jsonl", [HI, row]))
    assert len(read.dialogues) == 1 and read.rows_in == 2
    assert str(read.rejected[0]).startswith("rows.jsonl:2: ") and reason in read.rejected[0].reason


def test_a_file_without_a_dialogue_says_what_was_expected(tmp_path):
    path = write_rows(tmp_path / "rows.jsonl", [{"text": "Hi"}])
    with pytest.raises(DataError, match="row 1: it has the columns text.*prompt and completion"):
        messages.read(path)


def test_csv_and_parquet_are_read_as_json_lines_are(tmp_path):
    frame = pd.DataFrame([{"instruction": "Hi", "input": "", "output": "Hello!"}])
    frame.to_csv(tmp_path / "rows.csv", index=False)
    frame.to_parquet(tmp_path / "rows.parquet")
    pd.DataFrame([{"messages": json.dumps(HI["messages"])}]).to_csv(tmp_path / "m.csv", index=False)
    pd.DataFrame([HI]).to_parquet(tmp_path / "m.parquet")
    for name in ("rows.csv", "rows.parquet", "m.csv", "m.parquet"):
        assert [said(one) for one in messages.read(tmp_path / name).dialogues] == [BOTH], name


def test_what_the_page_exports_is_read(tmp_path):
    from inference.chat.messages import Message, conversations_jsonl

    path = tmp_path / "talk.jsonl"
    path.write_bytes(conversations_jsonl([[Message("user", "Hi"), Message("assistant", "Hello!")]]))
    assert said(messages.read(path).dialogues[0]) == BOTH


def test_a_system_prompt_is_put_first_unless_the_dialogue_has_one(tmp_path):
    own = {"messages": [{"role": "system", "content": "Mine"}, *HI["messages"]]}
    first, second = messages.read(write_rows(tmp_path / "rows.jsonl", [HI, own])).dialogues
    assert first.as_dicts("Be kind.")[0] == {"role": "system", "content": "Be kind."}
    assert second.as_dicts("Be kind.")[0] == {"role": "system", "content": "Mine"}
    assert first.as_dicts()[0]["role"] == "user"
