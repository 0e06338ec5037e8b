"""What the page of searches tells: how the search goes, the best settings, Optuna's pictures."""

from pathlib import Path

import pandas as pd
import streamlit as st

from app_pages.owner import run_actions, run_report, study_plots
from app_pages.owner.study_plots import Picture
from app_pages.shared import charts, widgets
from inference.runs import process
from inference.runs.runs import TUNE, Run
from inference.runs.study import (
    COMPLETE,
    FAILED,
    PRUNED,
    RUNNING,
    STUDY_FILE,
    Study,
    Value,
    load_study,
)

_EVERY_S = 3.0
HISTORY, IMPORTANCE, COURSE = "History", "Importance", "Course of the trials"
PARALLEL, SLICE, CONTOUR = "All settings", "One by one", "Two together"
VIEWS = (HISTORY, IMPORTANCE, COURSE, PARALLEL, SLICE, CONTOUR)
_INK = {"light": "#13110c", "dark": "#efebe1"}
_TOO_FEW = "This can be drawn when three trials are complete and differ."
_NOT_BY_THIS = "{} finds no difference between the settings of these trials; try another."


@st.fragment(run_every=_EVERY_S)
def watch(run: Run) -> None:
    """A search that is under way, looked at again every three seconds."""
    work = run.work
    if work is None or work.kind != TUNE or work.state != process.RUNNING:
        st.rerun()  # all of the page: other steps are possible now
    study = run.study
    with st.container(key="tuning_now", border=True):
        share = 0.0 if study is None else min(1.0, _ended(study) / study.asked)
        st.progress(share, _progress_in_words(study))
        with st.container(horizontal=True, vertical_alignment="center"):
            st.button(
                "Stop the search",
                key="tuning_stop",
                icon=":material/stop:",
                on_click=run_actions.do,
                args=("search stopped", lambda: run_report.stop(run)),
            )
            since = run_report.moment(work.started_at)
            st.caption(f"Since {since}. It goes on when you close this page.")
    draw(run)


def draw(run: Run) -> None:
    """All that is known of a run's search."""
    study = run.study
    if study is None:
        st.text("No settings were tried for this run yet.")
        return
    _figures(study)
    _gains(study)
    if study.best is not None:
        _best(study, run)
    _pictures(study, run)
    _trials(study)


def _figures(study: Study) -> None:
    best, own = study.best, study.default
    with st.container(key="tuning_figures", horizontal=True):
        st.metric("Trials", f"{_ended(study)} of {study.asked}")
        st.metric("Stopped early", study.count(PRUNED))
        st.metric("Failed", study.count(FAILED))
        if best is not None:
            st.metric(f"Best {study.metric_name}", f"{best.value:.3f}")
        if own is not None and own.value is not None:
            st.metric("Your own settings", f"{own.value:.3f}")


def _gains(study: Study) -> None:
    if study.validation is None:
        return
    with st.container(key="tuning_gains"):
        if study.chosen != study.best:
            st.text(
                "The best trial is ahead of your own settings by no more than chance may (one "
                "standard error), so your own stay."
            )
        elif study.test is not None:
            st.text(f"On test, looked at once: {study.test}.")
        st.text(
            f"On validation, where the best trial was chosen, so it flatters: {study.validation}."
        )
        for name, tried in (study.baselines or {}).items():
            st.text(f"The free baseline {name} was tuned too: {tried} settings of it.")


def _best(study: Study, run: Run) -> None:
    best, own = study.best, study.default
    assert best is not None, "there is a best trial"
    shares = _importance(run.tuning / STUDY_FILE, _stamp(run))
    matters = dict(zip(shares["setting"], shares["importance"], strict=True))
    data = pd.DataFrame(
        {
            "setting": list(best.values),
            "your own": [str((own or best).values.get(name)) for name in best.values],
            "best": [_shown(value) for value in best.values.values()],
            "importance": [matters.get(name) for name in best.values],
        }
    )
    st.subheader(f"The best settings: trial {best.number}", anchor=False)
    st.dataframe(
        data,
        key="tuning_best",
        hide_index=True,
        column_config={
            "importance": st.column_config.ProgressColumn(
                "importance",
                help="Share of the differences between trials that the setting explains (fANOVA).",
                min_value=0.0,
                max_value=1.0,
                format="percent",
            )
        },
    )
    charts.offer(data, "best_settings", "These settings")


def _pictures(study: Study, run: Run) -> None:
    st.subheader("The search in pictures", anchor=False)
    view = st.segmented_control(
        "Picture",
        VIEWS,
        key="tuning_view",
        default=HISTORY,
        required=True,
        persist_state="session",
        wrap=True,
    )
    choice = _choice(str(view), study)
    picture = _picture(run.tuning / STUDY_FILE, _stamp(run), str(view), choice)
    if picture is None:
        is_enough = view == IMPORTANCE and study_plots.is_enough(study)
        st.text(_NOT_BY_THIS.format(*choice) if is_enough else _TOO_FEW)
        return
    # the theme's grey for axes is too close to the background, as charts.py says of Altair's
    ink = _INK["dark" if st.context.theme.type == "dark" else "light"]
    for axes in (picture.figure.update_xaxes, picture.figure.update_yaxes):
        axes(tickfont_color=ink, title_font_color=ink)
    picture.figure.update_layout(font_color=ink, coloraxis_colorbar_tickfont_color=ink)
    st.plotly_chart(
        picture.figure,
        key=f"tuning_{view}_{'_'.join(choice)}",
        alt=picture.alt,
        config={"displayModeBar": False},
    )
    st.caption(widgets.plain(f"{picture.alt}."))


def _choice(view: str, study: Study) -> tuple[str, ...]:
    """What more the picture needs: an evaluator, or two settings."""
    if view == IMPORTANCE:
        evaluator = st.segmented_control(
            "Importance by",
            list(study_plots.EVALUATORS),
            key="tuning_evaluator",
            default=study_plots.FANOVA,
            required=True,
            persist_state="session",
            wrap=True,
        )
        return (str(evaluator),)
    names = study_plots.settings(study) if view == CONTOUR else []
    if len(names) < 2:
        return ()
    with st.container(horizontal=True):
        first = st.selectbox("One setting", names, key="tuning_one", format_func=_plain)
        rest = [name for name in names if name != first]
        second = st.selectbox("Another", rest, key="tuning_other", format_func=_plain)
    return (first, second)


def _trials(study: Study) -> None:
    data = pd.DataFrame(study.rows())
    with st.expander(f"All trials ({len(data)})", key="tuning_trials"):
        st.dataframe(data, key="tuning_rows", hide_index=True)
    charts.offer(data, "trials", "All trials")


@st.cache_data(max_entries=8, show_spinner=False)
def _picture(path: Path, stamp: int, view: str, choice: tuple[str, ...]) -> Picture | None:
    study = load_study(path)
    if view == CONTOUR:
        return study_plots.contour(study, *choice) if choice else None
    if view == IMPORTANCE:
        return study_plots.importances(study, *choice)
    drawn = {
        HISTORY: study_plots.history,
        COURSE: study_plots.courses,
        PARALLEL: study_plots.parallel,
        SLICE: study_plots.slices,
    }
    return drawn[view](study)


@st.cache_data(max_entries=4, show_spinner=False)
def _importance(path: Path, stamp: int) -> pd.DataFrame:
    return study_plots.importance(load_study(path))


def _stamp(run: Run) -> int:
    return (run.tuning / STUDY_FILE).stat().st_mtime_ns


def _ended(study: Study) -> int:
    return study.count(COMPLETE, PRUNED, FAILED)


def _progress_in_words(study: Study | None) -> str:
    if study is None:
        return "Reading the data and the base model"
    ended = [trial for trial in study.trials if trial.state != RUNNING]
    if len(ended) >= study.asked:
        return "All trials are done; measuring what they gained"
    words = f"Trial {min(len(ended) + 1, study.asked)} of {study.asked}"
    if not ended:
        return words
    left = sum(trial.seconds for trial in ended) / len(ended) * (study.asked - len(ended))
    return f"{words}, at most about {run_report.span(left)} left, then it is measured"


def _shown(value: Value) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def _plain(name: str) -> str:
    return name.replace("_", " ")
