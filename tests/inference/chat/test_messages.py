import json

import pytest

from inference.chat.messages import Message, conversations_jsonl, conversations_markdown

HOSTILE = 'a "quote"\n```\n# not a heading ![x](http://example.org/x.png)\n````'


def test_a_line_of_json_is_a_conversation_that_a_training_reads():
    talk = [Message("user", HOSTILE), Message("assistant", "Hi – 你好 \ud800")]
    (line,) = conversations_jsonl([talk]).decode("utf-8").splitlines()
    read = json.loads(line)
    assert read == {
        "messages": [
            {"role": "user", "content": HOSTILE},
            {"role": "assistant", "content": "Hi – 你好 \ud800"},
        ]
    }


def test_what_was_said_cannot_leave_its_block_in_markdown():
    content = conversations_markdown("A *talk*", [("Base", [Message("user", HOSTILE)])]).decode(
        "utf-8"
    )
    assert content.startswith("# A \\*talk\\*\n\n## Base\n\n**user**\n\n")
    fence = "`" * 5
    assert content.endswith(f"{fence}text\n{HOSTILE}\n{fence}\n")


def test_a_role_that_no_template_knows_is_refused():
    with pytest.raises(ValueError, match="role is 'robot'"):
        Message("robot", "Hello")
