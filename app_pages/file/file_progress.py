"""How far a file is that is being scored: its bar, the time left, and the button that stops it."""

import math

import streamlit as st

from inference.batch.job import BatchProgress
from inference.jobs.queue import Job, JobState

_FEW_ROWS = 2000  # no rate is told from fewer seconds than these take
_TELLING_S = 2.0


def watch(job: Job[BatchProgress]) -> None:
    """Draw a job until it is over, every second; the rest of the page stays as it is."""
    _draw(job)


@st.fragment(run_every=1.0)
def _draw(job: Job[BatchProgress]) -> None:
    if job.is_over:
        st.rerun()
    share, text = describe_progress(job)
    with st.container(key="file_progress", border=True):
        st.progress(share, text=text)
        st.button(
            "Stop",
            key="file_stop",
            icon=":material/stop_circle:",
            on_click=job.stop,
            disabled=job.is_stopping,
        )


def describe_progress(job: Job[BatchProgress]) -> tuple[float, str]:
    """The share that is done, in [0, 1], and a line that says how it goes."""
    if job.is_stopping:
        return _share(job.step), "Stopping after the rows at hand"
    if job.state is JobState.WAITING:
        files = "1 file is" if job.ahead == 1 else f"{job.ahead} files are"
        return (
            0.0,
            f"In the queue: {files} before yours. You may look at other pages meanwhile.",
        )
    if job.step is None:
        return 0.0, "Loading the model"
    step = job.step
    text = f"{step.done:,} of {step.total:,} rows"
    if step.rejected:
        text += f", {step.rejected:,} rejected"
    left_s = _left_s(step, job.running_s)
    return _share(step), f"{text}, {format_duration(left_s)} left" if left_s is not None else text


def _share(step: BatchProgress | None) -> float:
    return step.done / step.total if step else 0.0


def _left_s(step: BatchProgress, running_s: float) -> float | None:
    scored = step.done - step.resumed
    if not scored or running_s < _TELLING_S:
        return None
    return running_s / scored * (step.total - step.done)


def format_duration(seconds: float) -> str:
    """A duration as a person says it."""
    if seconds < 60:
        return f"about {max(5, math.ceil(seconds / 5) * 5)} seconds"
    minutes = math.ceil(seconds / 60)
    if minutes < 90:
        return "about 1 minute" if minutes == 1 else f"about {minutes} minutes"
    return f"about {minutes / 60:.0f} hours"
