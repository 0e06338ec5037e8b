"""The tiny exported model of the tests of inference/."""

from tests.inference.conftest import onnx_model

__all__ = ["onnx_model"]
