"""What the owner's page tells of a run: how its data is, how its training goes, what came of it."""

from datetime import datetime

import pandas as pd
import streamlit as st

from app_pages.owner import run_actions, run_charts
from app_pages.shared import charts, headline, widgets
from hub.errors import UserError
from inference.evaluation.leaderboard import sentence
from inference.runs import data_report, process
from inference.runs.data_report import DataReport
from inference.runs.process import DONE, FAILED, INTERRUPTED, RUNNING, STOPPED, Work
from inference.runs.progress import (
    RunProgress,
    read_curves,
    read_log_tail,
    read_progress,
    read_verdict,
)
from inference.runs.runs import CHECK, PUBLISH, PUBLISH_TUNED, TRAIN, TUNE, Run

_EVERY_S = 2.0
_DOING = {
    CHECK: "Checking the data",
    TRAIN: "Training",
    TUNE: "Tuning",
    PUBLISH: "Publishing",
    PUBLISH_TUNED: "Publishing",
}
_ENDED = {
    (CHECK, DONE): "The data was checked",
    (TRAIN, DONE): "Trained",
    (TUNE, DONE): "Tuned",
    (PUBLISH, DONE): "Published",
    (PUBLISH_TUNED, DONE): "Published",
}
_HOW = {FAILED: "failed", STOPPED: "was stopped", INTERRUPTED: "was interrupted, as by a restart"}
_ICONS = {
    DONE: ":material/check_circle:",
    FAILED: ":material/error:",
    STOPPED: ":material/stop_circle:",
    INTERRUPTED: ":material/power_off:",
}
_SIGNS = {"error": ":material/error:", "warning": ":material/warning:", "note": ":material/info:"}


def checkup(run: Run) -> None:
    """What the doctor says of the data."""
    try:
        report = data_report.load(run.folder / "doctor")
    except UserError as error:
        widgets.error_box(error)
        return
    if report is None:
        return
    st.subheader("What the data is like", anchor=False)
    with st.container(key="checkup_counts", horizontal=True):
        for part in report.parts:
            st.metric(f"Rows, {part.name}", f"{part.rows_in:,}")
            st.metric("Kept", f"{part.kept:,}")
            st.metric("Rejected", f"{part.rejected:,}")
            st.metric("Characters, median", f"{part.chars_median:,}")
    _findings(report)
    charts.show(run_charts.labels(report), "checkup_labels")
    if report.suspects:
        with st.expander(f"Labels worth a second look ({len(report.suspects)})", key="suspects"):
            data = pd.DataFrame(
                [
                    (
                        suspect.place,
                        *(", ".join(it) or "none" for it in (suspect.given, suspect.suggested)),
                    )
                    for suspect in report.suspects
                ],
                columns=["Row", "Its label", "Its words say"],
            )
            st.dataframe(data, key="suspect_rows", hide_index=True)
            charts.offer(data, "suspects", "These rows")


def _findings(report: DataReport) -> None:
    counted = [(severity, report.count(severity)) for severity in data_report.SEVERITIES]
    counts = ", ".join(
        f"{count} {severity}{'s' * (count > 1)}" for severity, count in counted if count
    )
    if not report.findings:
        st.success("Nothing to complain about.", icon=":material/check_circle:")
        return
    with st.expander(f"Findings: {counts}", expanded=True, key="checkup_findings"):
        for finding in report.findings:
            where = f" ({', '.join(finding.places)})" if finding.places else ""
            st.markdown(f"{_SIGNS[finding.severity]} {widgets.plain(finding.message + where)}")


def watch(run: Run) -> None:
    """How the last command goes or went; asked again every two seconds while one is at work."""
    work = run.work
    if work is None:
        return
    if work.state == RUNNING:
        _live(run)
    else:
        ended(work)
        _measured(run)


@st.fragment(run_every=_EVERY_S)
def _live(run: Run) -> None:
    work = run.work
    if work is None or work.state != RUNNING:
        st.rerun()  # all of the page: other steps are possible now
    with st.container(key="run_now", border=True):
        if work.kind == TRAIN:
            stands = read_progress(run.output)
            st.progress(stands.share or 0.0, _words(stands))
        else:
            st.text(f"{_DOING[work.kind]} …")
        with st.container(horizontal=True, vertical_alignment="center"):
            st.button(
                "Stop the run",  # Streamlit has a Stop of its own, for the script
                key="run_stop",
                icon=":material/stop:",
                on_click=run_actions.do,
                args=("run stopped", lambda: stop(run)),
            )
            st.caption(f"Since {moment(work.started_at)}. It goes on when you close this page.")
    _measured(run)


def _measured(run: Run) -> None:
    """The curves of the training so far, and the end of the log."""
    curves = read_curves(run.output)
    plots = [run_charts.loss(curves), run_charts.validation(curves)]
    shown = [(plot, key) for plot, key in zip(plots, ("loss", "validation"), strict=True) if plot]
    if shown:
        for column, (plot, key) in zip(st.columns(len(shown)), shown, strict=True):
            with column:
                charts.show(plot, f"run_{key}")
    log(run)


def log(run: Run) -> None:
    """The end of what its commands printed."""
    failed = run.work is not None and run.work.state == FAILED
    with st.expander("What it printed", key="run_log", expanded=failed):
        st.code(
            read_log_tail(run.folder / process.LOG) or "Nothing yet.", language=None, height=320
        )


def verdict(run: Run) -> None:
    """What the training came to, in the words of the first page."""
    board = read_verdict(run.output)
    if board is None or not run.is_trained:
        return
    st.subheader("Is it better?", anchor=False)
    with st.container(key="run_verdict"):
        st.text(sentence(board))
    with st.container(key="hero"):  # it has the looks of the first page
        st.html(headline.standings_html(board))


def stop(run: Run) -> str:
    """Stop what is at work in the run; return its name."""
    run.stop()
    return run.name


def ended(work: Work) -> None:
    """How the last command ended."""
    took = "" if work.ended_at is None else f", after {span(work.ended_at - work.started_at)}"
    message = f"{_state(work)} ({moment(work.ended_at or work.started_at)}{took})."
    hint = " What it printed tells why." if work.state == FAILED else ""
    box = st.error if work.state == FAILED else st.success if work.state == DONE else st.warning
    box(widgets.plain(message + hint), icon=_ICONS[work.state])


def _state(work: Work) -> str:
    if work.state == RUNNING:
        return _DOING[work.kind]
    return _ENDED.get((work.kind, work.state)) or f"{_DOING[work.kind]} {_HOW[work.state]}"


def _words(stands: RunProgress) -> str:
    if stands.share is None or stands.share == 1:
        return stands.stage
    left = "" if stands.seconds_left is None else f", about {span(stands.seconds_left)} left"
    return f"{stands.stage}: {stands.share:.0%}{left}, then it is measured"


def span(seconds: float) -> str:
    """A time that something takes, as a person says it."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def moment(at: float) -> str:
    """Seconds since 1970 as the visitor's day and time."""
    return f"{datetime.fromtimestamp(at, widgets.timezone()):%d %b %H:%M}"
