"""The environment says where and who, is checked, and shows no secret."""

import os
from pathlib import Path

import pytest

from hub.client import DEFAULT_ENDPOINT
from inference.core.errors import SettingsError
from inference.core.settings import Secret, child_environment, load_settings, sign_in

TOKEN = "hf_very_secret"


def test_empty_environment_gives_the_public_hub_and_no_token():
    settings = load_settings({})
    assert settings.endpoint == DEFAULT_ENDPOINT
    assert settings.token is None
    assert settings.device == "auto"
    assert settings.threads == len(os.sched_getaffinity(0))
    assert (settings.max_chars, settings.max_texts, settings.max_models) == (10_000, 64, 2)
    assert (settings.max_rows, settings.max_jobs) == (100_000, 1)
    assert (settings.catalogue / "__init__.py").is_file(), settings.catalogue


def test_empty_variable_counts_as_unset():
    assert load_settings({"HF_ENDPOINT": "", "HF_TOKEN": " ", "CPU_CORES": ""}) == load_settings({})


@pytest.mark.parametrize(
    ("environ", "folder"),
    [
        ({}, "~/.cache/huggingface/hub"),
        ({"XDG_CACHE_HOME": "/x"}, "/x/huggingface/hub"),
        ({"HF_HOME": "/h"}, "/h/hub"),
        ({"HF_HOME": "/h", "HF_HUB_CACHE": "/c"}, "/c"),
        (
            {"HF_ENDPOINT": "http://127.0.0.1:8000/", "XDG_CACHE_HOME": "/x"},
            "/x/huggingface/hub-http-127.0.0.1-8000",
        ),
    ],
)
def test_each_hub_has_its_cache(environ, folder):
    assert load_settings(environ).cache_dir == Path(folder).expanduser()


@pytest.mark.parametrize(
    ("environ", "named"),
    [
        ({"HF_ENDPOINT": "huggingface.co"}, "HF_ENDPOINT"),
        ({"HF_ENDPOINT": "ftp://127.0.0.1"}, "HF_ENDPOINT"),
        ({"HF_ENDPOINT": "http://127.0.0.1:port"}, "HF_ENDPOINT"),
        ({"DEVICE": "tpu"}, "'tpu'"),
        ({"CPU_CORES": "many"}, "'many'"),
        ({"CPU_CORES": "0"}, "'0'"),
        ({"CPU_CORES": "nan"}, "'nan'"),
        ({"SPACE_MAX_TEXTS": "-1"}, "SPACE_MAX_TEXTS is '-1'"),
        ({"SPACE_MAX_ROWS": "1e5"}, "SPACE_MAX_ROWS is '1e5'"),
        ({"SPACE_MAX_JOBS": "0"}, "SPACE_MAX_JOBS is '0'"),
        ({"SPACE_FEEDBACK_REPO": "../feedback"}, "SPACE_FEEDBACK_REPO is '../feedback'"),
    ],
)
def test_unusable_value_is_named(environ, named):
    with pytest.raises(SettingsError, match="expected") as caught:
        load_settings(environ)
    assert named in str(caught.value)


@pytest.mark.parametrize(
    ("environ", "folder"),
    [
        ({}, "~/.local/state/worth-tuning/feedback"),
        ({"XDG_STATE_HOME": "/s"}, "/s/worth-tuning/feedback"),
        ({"SPACE_FEEDBACK": "/f", "XDG_STATE_HOME": "/s"}, "/f"),
    ],
)
def test_corrections_lie_outside_of_the_project_unless_said_otherwise(environ, folder):
    assert load_settings(environ).feedback == Path(folder).expanduser()


def test_password_in_endpoint_is_refused_and_not_shown():
    with pytest.raises(SettingsError) as caught:
        load_settings({"HF_ENDPOINT": f"http://user:{TOKEN}@127.0.0.1"})
    assert TOKEN not in str(caught.value)


@pytest.mark.parametrize(("cores", "threads"), [("4", 4), ("2.0", 2), ("0.5", 1)])
def test_threads_follow_cpu_cores(cores, threads):
    assert load_settings({"CPU_CORES": cores}).threads == threads


def test_secret_is_stars_until_revealed():
    settings = load_settings({"HF_TOKEN": TOKEN})
    for text in (repr(settings), str(settings.token), f"{settings.token}"):
        assert TOKEN not in text
    assert settings.token == Secret(TOKEN)
    assert settings.token.reveal() == TOKEN


def test_child_environment_changes_only_what_is_named():
    assert child_environment(DEVICE="cpu") == {**os.environ, "DEVICE": "cpu"}


def test_connect_asks_the_hub_that_the_settings_name():
    hub = load_settings({"HF_ENDPOINT": "http://127.0.0.1:1", "HF_HUB_CACHE": "/c"}).connect()
    assert hub.endpoint == "http://127.0.0.1:1"


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("owner-space.hf.space", "https://owner-space.hf.space"),
        ("127.0.0.1:8501", "http://127.0.0.1:8501"),
        (" ", None),
    ],
)
def test_the_space_knows_its_own_address(host, address):
    assert load_settings({"SPACE_HOST": host}).address == address


def test_owners_are_names_between_commas_and_nobody_is_one_unless_named():
    assert load_settings({"SPACE_OWNERS": " ada, corp:grace@example.org ,"}).owners == (
        "ada",
        "corp:grace@example.org",
    )
    assert load_settings({}).owners == () and not load_settings({}).is_local_owner
    assert load_settings({"SPACE_LOCAL_OWNER": "1"}).is_local_owner


def test_a_switch_is_on_or_off_and_nothing_else():
    with pytest.raises(SettingsError, match="SPACE_LOCAL_OWNER is 'true'; expected 1"):
        load_settings({"SPACE_LOCAL_OWNER": "true"})


def test_sign_in_needs_every_variable_and_hides_its_secret():
    given = {
        "SPACE_HOST": "ada-toys.hf.space",
        "OAUTH_CLIENT_ID": "id",
        "OAUTH_CLIENT_SECRET": TOKEN,
        "OPENID_PROVIDER_URL": "https://huggingface.co/",
    }
    found = sign_in(given)
    assert found.address == "https://ada-toys.hf.space"
    assert found.provider_url == "https://huggingface.co"
    assert TOKEN not in repr(found)
    for name in given:
        assert sign_in({**given, name: ""}) is None, name


def test_the_key_of_the_api_is_a_secret_and_its_origins_are_named_one_by_one():
    settings = load_settings(
        {"SPACE_API_KEY": TOKEN, "SPACE_CORS": "https://a.example, http://[::1]:3000"}
    )
    assert settings.api_key == Secret(TOKEN) and TOKEN not in repr(settings)
    assert settings.cors == ("https://a.example", "http://[::1]:3000")
    assert load_settings({"SPACE_CORS": "*"}).cors == ("*",)
    assert load_settings({}).api_key is None and load_settings({}).cors == ()


@pytest.mark.parametrize("origin", ["a.example", "https://a.example/path", "https://a@b.example"])
def test_an_origin_that_no_browser_sends_is_refused(origin):
    with pytest.raises(SettingsError, match="SPACE_CORS names"):
        load_settings({"SPACE_CORS": f"https://ok.example,{origin}"})
