"""What .gitattributes says about large files: which paths it names, and lines for those it misses.

Only the patterns that a Hub and `git lfs track` write are read, not all that git understands.
Try: python -c "from hub.server.attributes import large_patterns; \
print(large_patterns('*.bin filter=lfs diff=lfs merge=lfs -text'))"
"""

import re
from collections.abc import Iterable, Sequence
from fnmatch import fnmatch

_LARGE = "filter=lfs"
_SUFFIX = "filter=lfs diff=lfs merge=lfs -text"
# Extensions that the Hub stores as large files whatever their size.
LARGE_PATTERNS = tuple(
    f"*.{extension}"
    for extension in (
        "7z arrow bin bz2 ckpt ftz gz h5 joblib mlmodel model msgpack npy npz onnx ot parquet pb"
        " pickle pkl pt pth rar safetensors tar tflite tgz wasm xz zip zst"
    ).split()
)
FIRST = "".join(f"{pattern} {_SUFFIX}\n" for pattern in LARGE_PATTERNS)


def large_patterns(text: str) -> list[str]:
    """The patterns of files that are to be large ones."""
    rows = [line.split() for line in text.splitlines()]
    return [row[0] for row in rows if _LARGE in row[1:]]


def names(patterns: Sequence[str], path: str) -> bool:
    """True if one of the patterns is for this path."""
    name = path.rsplit("/", 1)[-1]
    return _escaped(path) in patterns or any(
        fnmatch(path, pattern) or fnmatch(name, pattern) for pattern in patterns
    )


def completed(text: str, large_paths: Iterable[str]) -> str:
    """The text with a line for each large file that it does not name, as the Hub adds them."""
    patterns = large_patterns(text)
    missed = [path for path in sorted(large_paths) if not names(patterns, path)]
    lines = [f"{_escaped(path)} {_SUFFIX}\n" for path in missed]
    gap = "\n" if lines and text and not text.endswith("\n") else ""
    return text + gap + "".join(lines)


def _escaped(path: str) -> str:
    """The pattern that is for this path alone, as `git lfs track` writes it."""
    pattern = re.sub(r"([*?\[\\])", r"\\\1", path)
    pattern = re.sub(r"^([#!\"])", r"\\\1", pattern)
    return re.sub(r"\s", "[[:space:]]", pattern)
