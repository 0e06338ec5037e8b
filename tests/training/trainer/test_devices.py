"""Which device, in which precision."""

import pytest
import torch

from inference.core.errors import ConfigError, SettingsError
from training.trainer import devices


def test_auto_takes_a_device_that_is_there():
    expected = "cuda" if torch.cuda.is_available() else "cpu"
    assert devices.choose("auto") in (expected, "mps")
    assert devices.choose("cpu") == "cpu"


@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has a GPU")
def test_a_device_that_is_not_there_is_refused():
    with pytest.raises(SettingsError, match="DEVICE is cuda, but this machine has none"):
        devices.choose("cuda")


@pytest.mark.parametrize(
    ("able", "expected"),
    [({"avx512_bf16": True}, "bf16"), ({"amx_bf16": True}, "bf16"), ({"avx2": True}, "no")],
)
def test_a_cpu_gets_bf16_where_it_multiplies_in_it(monkeypatch, able, expected):
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: able)
    assert devices.choose_precision("auto", "cpu") == expected


def test_what_is_asked_for_is_done_or_refused():
    assert devices.choose_precision("no", "cuda") == "no"
    assert devices.choose_precision("bf16", "cpu") == "bf16"
    assert devices.choose_precision("auto", "mps") == "no"
    with pytest.raises(ConfigError, match="fp16 needs a GPU"):
        devices.choose_precision("fp16", "cpu")
