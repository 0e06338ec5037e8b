"""Who may do what: tokens, private and gated repos, with the statuses of the real Hub."""

import pytest
from huggingface_hub.errors import GatedRepoError, HfHubHTTPError, RepositoryNotFoundError
from huggingface_hub.utils import get_session

from tests.hub_fixtures import RunningHub

PRIVATE, GATED, PUBLIC = "demo/access-private", "demo/access-gated", "demo/access-public"
FILE = {"path_or_fileobj": b"x", "path_in_repo": "x.txt"}


@pytest.fixture(scope="module")
def hub(hub_server: RunningHub) -> RunningHub:
    api = hub_server.api()
    for repo_id in (PRIVATE, GATED, PUBLIC):
        api.create_repo(repo_id, private=repo_id == PRIVATE)
        api.upload_file(path_or_fileobj=b"{}", path_in_repo="config.json", repo_id=repo_id)
    api.update_repo_settings(GATED, gated="auto")
    return hub_server


def status_of(call, *arguments, **options) -> tuple[int, str]:
    """(status, X-Error-Code) of a refused call."""
    with pytest.raises(HfHubHTTPError) as caught:
        call(*arguments, **options)
    response = caught.value.response
    return response.status_code, response.headers["x-error-code"]


def test_whoami_tells_user_role_and_organisations(hub):
    assert hub.api().whoami()["auth"]["accessToken"]["role"] == "write"
    assert [org["name"] for org in hub.api().whoami()["orgs"]] == ["sentence-transformers"]
    assert hub.api(hub.read_token).whoami()["auth"]["accessToken"]["role"] == "read"
    assert hub.api(hub.other_token).whoami()["name"] == "other"
    assert status_of(hub.api("hf_unknown").whoami)[0] == 401


def test_a_private_repo_is_hidden(hub, tmp_path):
    assert status_of(hub.api(False).model_info, PRIVATE) == (401, "RepoNotFound")
    assert status_of(hub.api(hub.other_token).model_info, PRIVATE) == (404, "RepoNotFound")
    assert hub.api(hub.read_token).model_info(PRIVATE).private is True
    for token in (False, hub.other_token):
        with pytest.raises(RepositoryNotFoundError):
            hub.api(token).hf_hub_download(PRIVATE, "config.json", cache_dir=tmp_path)
    assert hub.api(hub.read_token).hf_hub_download(PRIVATE, "config.json", cache_dir=tmp_path)


def test_nobody_can_tell_a_private_repo_from_a_missing_one(hub):
    for token in (False, hub.other_token):
        api = hub.api(token)
        assert status_of(api.model_info, PRIVATE) == status_of(api.model_info, "demo/missing")
        assert api.repo_exists(PRIVATE) is False


def test_a_gated_repo_shows_itself_but_not_its_files(hub, tmp_path):
    for token, status in ((False, 401), (hub.other_token, 403)):
        api = hub.api(token)
        assert api.model_info(GATED).gated == "auto"
        with pytest.raises(GatedRepoError) as caught:
            api.hf_hub_download(GATED, "config.json", cache_dir=tmp_path)
        assert caught.value.response.status_code == status
        with pytest.raises(GatedRepoError):
            api.auth_check(GATED)
    assert hub.api(hub.read_token).hf_hub_download(GATED, "config.json", cache_dir=tmp_path)


def test_an_unknown_token_is_refused_even_where_none_is_needed(hub):
    assert hub.api(False).model_info(PUBLIC).id == PUBLIC
    assert status_of(hub.api("hf_unknown").model_info, PUBLIC) == (401, "InvalidCredentials")


@pytest.mark.parametrize("who, status", [("nobody", 401), ("other", 403), ("reader", 403)])
def test_only_members_with_a_write_token_write(hub, who, status):
    token = {"nobody": False, "other": hub.other_token, "reader": hub.read_token}[who]
    api = hub.api(token)
    calls = {
        "commit": lambda: api.upload_file(**FILE, repo_id=PUBLIC),
        "create": lambda: api.create_repo("demo/access-new"),
        "delete": lambda: api.delete_repo(PUBLIC),
        "tag": lambda: api.create_tag(PUBLIC, tag="v1"),
        "branch": lambda: api.create_branch(PUBLIC, branch="b"),
        "settings": lambda: api.update_repo_settings(PUBLIC, private=True),
        "move": lambda: api.move_repo(PUBLIC, "other/mine-now"),
        "check": lambda: api.auth_check(PUBLIC, write=True),
    }
    seen = {name: status_of(call)[0] for name, call in calls.items()}
    expected = dict.fromkeys(calls, status)
    if who == "nobody":  # without a name there is no namespace to look for the repo in
        expected["delete"] = seen["delete"]
        assert seen["delete"] == 401
    assert seen == expected
    assert hub.api().model_info(PUBLIC).private is False


def test_a_member_writes_to_the_organisation(hub):
    hub.api().create_repo("sentence-transformers/access-org", private=True)
    hub.api().upload_file(**FILE, repo_id="sentence-transformers/access-org")
    other = hub.api(hub.other_token)
    assert status_of(other.model_info, "sentence-transformers/access-org")[0] == 404


@pytest.mark.parametrize(
    "method, path, status",
    [
        ("GET", "/nowhere", 404),
        ("GET", "/api/nowhere", 404),
        ("PATCH", "/api/whoami-v2", 405),
        ("GET", f"/api/models/{PUBLIC}/nowhere", 404),
        ("GET", f"/api/models/{PUBLIC}/tree/main?cursor=x-y", 400),
        ("GET", "/api/models?limit=-1", 400),
        ("GET", f"/{PUBLIC}/resolve/main/%0d%0aX-Evil:1", 404),
    ],
)
def test_every_error_is_json_with_a_code(hub, method, path, status):
    headers = {"Authorization": f"Bearer {hub.token}"}
    response = get_session().request(method, hub.endpoint + path, headers=headers)
    assert response.status_code == status, response.text
    assert response.json()["error"]
    assert response.headers["x-error-code"]
    assert "x-evil" not in response.headers
