"""Which device a run computes on, in which precision, and what shapes both like.

Owns the choice; the device is moved to by loop.py.

Try: python -c "from training.trainer import devices; print(devices.choose('auto'))"
"""

import torch

from inference.core.errors import ConfigError, SettingsError


def choose(wanted: str) -> str:
    """cuda, mps or cpu: the one asked for, or for `auto` the first that is there.

    Raises:
        SettingsError: the device asked for is not there.
    """
    there = {
        "cuda": torch.cuda.is_available(),
        "mps": torch.backends.mps.is_available(),
        "cpu": True,
    }
    if wanted == "auto":
        return next(name for name, is_there in there.items() if is_there)
    if not there.get(wanted):
        raise SettingsError(f"DEVICE is {wanted}, but this machine has none; use auto or cpu")
    return wanted


def choose_precision(wanted: str, device: str) -> str:
    """no, bf16 or fp16; `auto` is bf16 where the hardware multiplies in it, for emulation is slow.

    Raises:
        ConfigError: fp16 on a CPU.
    """
    if wanted == "fp16" and device == "cpu":
        raise ConfigError("mixed_precision fp16 needs a GPU; use auto, bf16 or no")
    if wanted != "auto":
        return wanted
    if device == "cuda":
        has_bf16 = torch.cuda.get_device_capability() >= (8, 0)
    elif device == "cpu":
        able = torch.cpu.get_capabilities()
        has_bf16 = any(able.get(name) for name in ("avx512_bf16", "amx_bf16", "bf16"))
    else:
        has_bf16 = False
    return "bf16" if has_bf16 else "no"


def padding_multiple(device: str, precision: str) -> int:
    """What the tokens of a batch are best rounded up to.

    Tensor cores like eights. A CPU prepares its products in bf16 anew for each shape that it meets:
    with all lengths a first epoch of 960 tweets takes a fifth longer than with fours (2026-11-22).
    """
    if precision == "float32":
        return 1
    return 4 if device == "cpu" else 8
