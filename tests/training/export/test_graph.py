from pathlib import Path

import onnxruntime
import pytest
from transformers import AutoTokenizer

from tests.training.export.graphs import make_funnel
from training.export.graph import NotConvertible, convert

pytestmark = pytest.mark.slow


def test_a_family_that_cannot_be_traced_says_so_in_one_line(tmp_path: Path):
    with pytest.raises(NotConvertible, match="a funnel model cannot be exported") as caught:
        convert(make_funnel(tmp_path), "logits")
    assert "\n" not in str(caught.value)


def test_inputs_are_those_of_the_tokenizer_with_two_free_axes(exported_run: Path):
    names = set(AutoTokenizer.from_pretrained(exported_run)("a text"))
    for name in ("model.onnx", "model_quantized.onnx"):
        session = onnxruntime.InferenceSession(exported_run / "onnx" / name)
        inputs = {entry.name: entry for entry in session.get_inputs()}
        assert set(inputs) == names, name
        assert {entry.type for entry in inputs.values()} == {"tensor(int64)"}
        assert all(isinstance(axis, str) for entry in inputs.values() for axis in entry.shape)
        (output,) = session.get_outputs()
        assert (output.name, output.shape[1]) == ("logits", 3)


def test_no_file_names_a_folder_of_this_machine(exported_run: Path):
    folders = (str(Path(onnxruntime.__file__).parents[1]), str(Path(__file__).parents[3]))
    for file in (exported_run / "onnx").glob("*.onnx"):
        content = file.read_bytes()
        assert not [folder for folder in folders if folder.encode() in content], file.name
