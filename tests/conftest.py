"""What every test shares: a closed environment, a Hub on loopback, a tiny model."""

import os
import tempfile

# Read by huggingface_hub at its first import, so set before anything imports it.
_HOME = tempfile.mkdtemp(prefix="hub-home-")
os.environ.update(
    {
        "HF_HOME": _HOME,
        "HF_HUB_DISABLE_XET": "1",
        "HF_HUB_DISABLE_TELEMETRY": "1",
        "HF_HUB_DISABLE_UPDATE_CHECK": "1",
        "HF_HUB_DISABLE_PROGRESS_BARS": "1",
        "NO_PROXY": "127.0.0.1,localhost",
        "TOKENIZERS_PARALLELISM": "false",
    }
)
for _name in ("HF_TOKEN", "HF_ENDPOINT"):
    os.environ.pop(_name, None)
