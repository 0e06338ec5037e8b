"""The tiny exported model of the tests of inference/, the tiny chat model of those of training/."""

from tests.inference.conftest import onnx_model
from tests.training.chat_tuning.toys import fruits, settings_for, tiny_chat

__all__ = ["fruits", "onnx_model", "settings_for", "tiny_chat"]
