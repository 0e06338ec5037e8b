from concurrent.futures import ThreadPoolExecutor

import pytest

from app_pages import widgets
from hub.errors import HubError
from tests.app_pages.conftest import OpenApp


def test_a_model_is_loaded_once_however_many_ask_at_once(open_app: OpenApp):
    open_app()
    entry = widgets.catalogue().models[0]
    with ThreadPoolExecutor(4) as pool:
        scorers = list(pool.map(widgets.open_model, [entry] * 4))
    assert len({id(scorer) for scorer in scorers}) == 1


def test_no_more_models_are_kept_than_the_settings_allow(open_app: OpenApp):
    open_app(SPACE_MAX_MODELS="1")
    tuned, bare = widgets.catalogue().models
    first = widgets.open_model(tuned)
    assert widgets.open_model(tuned) is first
    widgets.open_model(bare)
    assert widgets.open_model(tuned) is not first, "the shelf of one held two models"


def test_a_failure_is_not_kept(open_app: OpenApp, hub_server, monkeypatch: pytest.MonkeyPatch):
    open_app(HF_ENDPOINT="http://127.0.0.1:9")
    entry = widgets.catalogue().models[0]
    with pytest.raises(HubError):
        widgets.open_model(entry)
    monkeypatch.setenv("HF_ENDPOINT", hub_server.endpoint)
    widgets.settings.clear()
    widgets._hub.clear()
    assert widgets.open_model(entry).bundle.labels


@pytest.mark.parametrize("text", ["demo/a_b_c *x*", "[a](b) <b> `c`", ":red[x] :tada: $a$ #1"])
def test_the_text_of_an_error_is_not_read_as_markdown(text):
    escaped = widgets.plain(text)
    assert escaped.replace("\\", "") == text
    assert all(f"\\{sign}" in escaped for sign in "_*[]<>`:$#" if sign in text), escaped
