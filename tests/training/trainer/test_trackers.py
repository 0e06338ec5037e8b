"""--report_to: what TensorBoard then has, and what is said where a package is missing."""

from importlib.util import find_spec

import numpy as np
import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from inference.core.errors import ConfigError
from tests.training.fitting import fit_job, make_job
from training.trainer import trackers
from training.trainer.progress import History, Moment


def _scalars(run_dir, name: str) -> list[tuple[int, float]]:
    events = EventAccumulator(str(run_dir / "tensorboard"))
    events.Reload()
    return [(event.step, event.value) for event in events.Scalars(name)]


def test_tensorboard_has_the_lines_of_metrics_jsonl(tiny_model, tmp_path):
    fit_job(make_job(tiny_model, tmp_path, report_to="tensorboard"))
    for name in ("loss", "validation_mcc"):
        lines = [(line["step"], line[name]) for line in History(tmp_path).lines() if name in line]
        assert len(lines) >= 2
        assert np.allclose(_scalars(tmp_path, name), lines)


def test_steps_that_are_done_again_count_once(tmp_path):
    (tracker,) = trackers.asked("tensorboard", tmp_path, {})
    for start, loss in ((0, 1.0), (4, 0.5)):
        tracker.on_start(start, 8)
        for step in range(start + 2, 9, 2):
            tracker.on_log(Moment(step, 0.0, 0.0), {"loss": loss})
        tracker.on_end()
    assert _scalars(tmp_path, "loss") == [(2, 1.0), (4, 1.0), (6, 0.5), (8, 0.5)]


def test_nothing_is_tracked_unless_asked_for(tmp_path):
    assert trackers.asked("none", tmp_path, {}) == []
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(find_spec("trackio") is not None, reason="trackio is installed")
def test_a_missing_package_is_named_with_the_way_to_install_it(tmp_path):
    with pytest.raises(ConfigError, match=r"not installed; install it with .* install trackio"):
        trackers.asked("trackio", tmp_path, {})
