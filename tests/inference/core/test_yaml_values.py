import pytest

from inference.core import yaml_values
from inference.core.errors import ConfigError


@pytest.mark.parametrize("raw", [True, 1, None, "", " ", ["x"]])
def test_what_is_no_text_is_refused_with_its_place(raw):
    with pytest.raises(ConfigError, match="here: title is"):
        yaml_values.require_text(raw, "here: title")


@pytest.mark.parametrize("raw", [[], "x", ["a", "a"], ["a", 1], None])
def test_what_is_no_list_of_texts_is_refused(raw):
    with pytest.raises(ConfigError, match="here"):
        yaml_values.require_texts(raw, "here")


@pytest.mark.parametrize("raw", [[], "x", None, {1: "a"}, {True: "a"}])
def test_what_is_no_mapping_of_names_is_refused(raw):
    with pytest.raises(ConfigError, match="here is"):
        yaml_values.require_mapping(raw, "here")


def test_a_file_cannot_run_code(tmp_path):
    (tmp_path / "x.yaml").write_text("a: !!python/object/apply:os.getcwd []")
    with pytest.raises(ConfigError, match="not valid YAML"):
        yaml_values.read_yaml(tmp_path / "x.yaml")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"a: 1\nb: [1,\n", r"not valid YAML: line 3, column 1: .*expected"),
        (b"a: b: c", r"not valid YAML: line 1, column 5: mapping values are not allowed here"),
        (b"a: \x00", r"not valid YAML: .*special characters are not allowed"),
        (b"a: \xff", r"is not text in UTF-8: .*0xff"),
    ],
)
def test_a_broken_file_is_told_in_a_line_with_its_place(tmp_path, content, said):
    (tmp_path / "x.yaml").write_bytes(content)
    with pytest.raises(ConfigError, match=said) as caught:
        yaml_values.read_yaml(tmp_path / "x.yaml")
    assert "\n" not in str(caught.value)


def test_what_is_good_comes_back():
    assert yaml_values.require_texts(["b", "a"], "") == ("b", "a")
    assert yaml_values.require_mapping({"a": 1}, "") == {"a": 1}
    yaml_values.refuse_unknown({"a": 1}, ("a", "b"), "")
