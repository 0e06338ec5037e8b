import pytest

from inference import yaml_values
from inference.errors import ConfigError


@pytest.mark.parametrize("raw", [True, 1, None, "", " ", ["x"]])
def test_what_is_no_text_is_refused_with_its_place(raw):
    with pytest.raises(ConfigError, match="here: title is"):
        yaml_values.text(raw, "here: title")


@pytest.mark.parametrize("raw", [[], "x", ["a", "a"], ["a", 1], None])
def test_what_is_no_list_of_texts_is_refused(raw):
    with pytest.raises(ConfigError, match="here"):
        yaml_values.texts(raw, "here")


@pytest.mark.parametrize("raw", [[], "x", None, {1: "a"}, {True: "a"}])
def test_what_is_no_mapping_of_names_is_refused(raw):
    with pytest.raises(ConfigError, match="here is"):
        yaml_values.mapping(raw, "here")


def test_a_file_cannot_run_code(tmp_path):
    (tmp_path / "x.yaml").write_text("a: !!python/object/apply:os.getcwd []")
    with pytest.raises(ConfigError, match="not valid YAML"):
        yaml_values.read_yaml(tmp_path / "x.yaml")


def test_what_is_good_comes_back():
    assert yaml_values.texts(["b", "a"], "") == ("b", "a")
    assert yaml_values.mapping({"a": 1}, "") == {"a": 1}
    yaml_values.refuse_unknown({"a": 1}, ("a", "b"), "")
