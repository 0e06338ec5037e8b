"""What the owner decides of a run: columns and settings, start and stop, publishing, deleting."""

import shlex

import streamlit as st

from app_pages.owner import publish_form, run_actions
from app_pages.shared import widgets
from inference.core.errors import DataError
from inference.core.settings import Settings
from inference.runs.contract import (
    DEFAULT_EPOCHS,
    DEFAULT_MAX_TOKENS,
    DEFAULT_MODEL,
    EPOCHS,
    MAX_TOKENS,
    TRAIN_SAMPLES,
)
from inference.runs.process import RUNNING
from inference.runs.runs import CHECK, PUBLISH, TRAIN, Run, Runs, Value

_PREVIEW_ROWS = 5


def choose(run: Run) -> None:
    """Which columns, which model, how long; fixed as soon as something is made of it."""
    st.subheader("Data and settings", anchor=False)
    st.text(f"{run.data_name}: {run.rows:,} rows, {len(run.columns)} columns")
    with st.expander("The first rows", key="run_preview"):
        try:
            st.dataframe(run.preview(_PREVIEW_ROWS), key="run_preview_rows", hide_index=True)
        except DataError as error:
            widgets.error_box(error)
    if run.is_begun or (run.work is not None and run.work.state == RUNNING):
        # Not the form with disabled inputs: Streamlit gives these their defaults again.
        st.text(_in_words(run))
        return
    with st.form("run_settings", border=True):
        _inputs(run)
        with st.container(key="run_settings_buttons", horizontal=True):
            st.form_submit_button(
                "Check the data",
                key="run_check",
                icon=":material/fact_check:",
                on_click=run_actions.do,
                args=("data check started", lambda: _configure_and_start(run, CHECK)),
            )
            st.form_submit_button(
                "Start the training",
                key="run_train",
                type="primary",
                icon=":material/play_arrow:",
                on_click=run_actions.do,
                args=("training started", lambda: _configure_and_start(run, TRAIN)),
            )


def _inputs(run: Run) -> None:
    settings, columns = run.settings, list(run.columns)
    with st.container(horizontal=True):
        st.multiselect(
            "Text",
            columns,
            default=_known(settings.get("text_fields"), columns),
            key=f"text_fields_{run.name}",
            help="Several columns are kept apart for the model.",
        )
        st.multiselect(
            "Label",
            columns,
            default=_known(settings.get("label_fields"), columns),
            key=f"label_fields_{run.name}",
            help="One column of labels, or one column of 0 and 1 for each label.",
        )
    with st.container(horizontal=True):
        st.text_input(
            "Pretrained model",
            settings.get("model_name_or_path", DEFAULT_MODEL),
            key=f"model_{run.name}",
            help="A repo id of the Hub, or a folder of this machine.",
        )
        _number("Passes over the texts", "num_train_epochs", run, DEFAULT_EPOCHS, EPOCHS)
        _number("Tokens of a text", "max_seq_length", run, DEFAULT_MAX_TOKENS, MAX_TOKENS)
        _number("Texts to train on, at most", "max_train_samples", run, None, TRAIN_SAMPLES)


def _in_words(run: Run) -> str:
    """What was chosen, once it is fixed."""
    settings = run.settings
    texts, labels = (
        ", ".join(_fields(settings.get(f"{name}_fields"))) for name in ("text", "label")
    )
    return (
        f"Text: {texts} · label: {labels} · {settings.get('model_name_or_path', DEFAULT_MODEL)} · "
        f"passes: {settings.get('num_train_epochs', DEFAULT_EPOCHS)} · "
        f"tokens: {settings.get('max_seq_length', DEFAULT_MAX_TOKENS)} · "
        f"texts: {settings.get('max_train_samples') or 'all'}"
    )


def go(run: Run, runs: Runs) -> None:
    """Carry on what was interrupted; the same by hand."""
    busy = runs.at_work()
    if busy is not None and busy != run.name:
        st.info(f"The run {busy} is at work; this one can start when it has ended.")
    if run.is_begun and not run.is_trained and busy is None:
        st.button(
            "Carry on with the training",
            key="run_resume",
            type="primary",
            icon=":material/resume:",
            on_click=run_actions.do,
            args=("training resumed", lambda: _start(run, TRAIN)),
            help="From its last checkpoint, with the settings it was started with.",
        )
    if run.is_configured:
        with st.expander("The same in a terminal", key="run_commands"):
            commands = (run.command(CHECK), run.command(TRAIN))
            st.code("\n".join(map(shlex.join, commands)), language="bash", wrap_lines=True)


def publish(run: Run, runs: Runs, settings: Settings) -> None:
    """Put the trained model on the Hub."""
    if not run.is_trained:
        return
    st.subheader("Publish", anchor=False)
    if settings.token is None:
        st.info(
            "Nothing can be published from here: the variable HF_TOKEN is not set. Give the Space "
            "a token with the role write as a secret."
        )
        return
    publish_form.draw(
        run, runs, settings, PUBLISH, run.output, form="run_publish", prefix="publish"
    )


def forget(run: Run, runs: Runs) -> None:
    """Delete a run, after a second thought."""
    with st.popover("Delete this run", key="run_delete", icon=":material/delete:", type="tertiary"):
        st.text("Its data, settings, checkpoints and model are deleted. Published repos stay.")
        st.button(
            "Delete for good",
            key="run_delete_button",
            disabled=runs.at_work() == run.name,
            on_click=run_actions.do,
            args=("run deleted", lambda: _delete(run, runs)),
        )


def _number(label: str, name: str, run: Run, default: int | None, bounds: tuple[int, int]) -> None:
    st.number_input(
        label,
        min_value=bounds[0],
        max_value=bounds[1],
        value=run.settings.get(name, default),
        step=1,
        key=f"{name}_{run.name}",
        placeholder="all",
    )


def _configure_and_start(run: Run, kind: str) -> str:
    run.configure(_chosen(run))
    return _start(run, kind)


def _chosen(run: Run) -> dict[str, Value]:
    """What stands in the form."""
    state = st.session_state
    text_fields, label_fields = (state[f"{n}_fields_{run.name}"] for n in ("text", "label"))
    if not text_fields or not label_fields:
        raise DataError("Choose the column of the text and the column of its label first.")
    numbers = ("num_train_epochs", "max_seq_length", "max_train_samples")
    return {
        "text_fields": text_fields,
        "label_fields": label_fields,
        "model_name_or_path": state[f"model_{run.name}"].strip() or DEFAULT_MODEL,
        **{name: state[f"{name}_{run.name}"] for name in numbers},
    }


def _start(run: Run, kind: str) -> str:
    run.start(kind)
    return run.name


def _delete(run: Run, runs: Runs) -> str:
    runs.delete(run)
    return run.name


def _fields(value: Value) -> list[str]:
    return value if isinstance(value, list) else []


def _known(value: Value, columns: list[str]) -> list[str]:
    return [field for field in _fields(value) if field in columns]
