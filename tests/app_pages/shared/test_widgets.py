import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import yaml

from app_pages.shared import widgets
from hub.errors import HubError
from tests.app_pages.conftest import OpenApp
from tests.space_fixtures import LABELS


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


def test_a_repo_in_two_catalogues_answers_in_the_labels_of_each(
    open_app: OpenApp, tiny_catalogue: Path, tmp_path: Path
):
    orders = {"one": LABELS, "other": LABELS[::-1]}
    for name, labels in orders.items():
        shutil.copytree(tiny_catalogue, tmp_path / "catalogues" / name)
        path = tmp_path / "catalogues" / name / "models.yaml"
        content = yaml.safe_load(path.read_text("utf-8")) | {"title": name}
        content["task"]["labels"] = labels
        path.write_text(yaml.safe_dump(content), "utf-8")
    open_app(SPACE_CATALOGUE=str(tmp_path / "catalogues"))
    bare = [one.models[1] for one in widgets.catalogues().values()]
    assert bare[0] == bare[1], "the entries of the two catalogues should be alike"
    opened = [widgets.open_model(entry) for entry in bare]
    assert [model.scorer.bundle.labels for model in opened] == [
        tuple(one) for one in orders.values()
    ]


def test_a_failure_is_not_kept(open_app: OpenApp, hub_server, monkeypatch: pytest.MonkeyPatch):
    open_app(HF_ENDPOINT="http://127.0.0.1:9")
    entry = widgets.catalogue().models[0]
    with pytest.raises(HubError):
        widgets.open_model(entry)
    monkeypatch.setenv("HF_ENDPOINT", hub_server.endpoint)
    widgets.settings.clear()
    widgets._hub.clear()
    assert widgets.open_model(entry).scorer.bundle.labels


@pytest.mark.parametrize("text", ["demo/a_b_c *x*", "[a](b) <b> `c`", ":red[x] :tada: $a$ #1"])
def test_the_text_of_an_error_is_not_read_as_markdown(text):
    escaped = widgets.plain(text)
    assert escaped.replace("\\", "") == text
    assert all(f"\\{sign}" in escaped for sign in "_*[]<>`:$#" if sign in text), escaped
