"""Not a test: what torchrun runs for test_two_processes.py, on each process.

    python -m torch.distributed.run --standalone --nproc_per_node 2 \
        -m tests.training.trainer.fitted_by_two MODEL_FOLDER RUN_FOLDER BATCH_SIZE
"""

import sys
from pathlib import Path

from tests.training.fitting import fit_job, make_job


def main() -> None:
    model, run, batch_size = sys.argv[1:]
    changes = {
        "per_device_train_batch_size": int(batch_size),
        "logging_steps": 1,
        # an eighth of 24 steps: a warm-up that ends between two is rounded by each its own way
        "warmup_ratio": 0.125,
        # windows must be the same ones too
        "long_texts": "windows",
        "max_seq_length": 8,
    }
    fit_job(make_job(Path(model), Path(run), **changes))


if __name__ == "__main__":
    main()
