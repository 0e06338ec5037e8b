"""Repos, their settings, refs and lists, by the real client."""

import pytest
from huggingface_hub import CommitOperationAdd
from huggingface_hub.errors import (
    BadRequestError,
    HfHubHTTPError,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)
from huggingface_hub.utils._pagination import paginate

KINDS = ("model", "dataset", "space")


def refused(status: int, call, *arguments, **options) -> HfHubHTTPError:
    """The error of a call that the Hub must refuse with this status, code included."""
    with pytest.raises(HfHubHTTPError) as caught:
        call(*arguments, **options)
    assert caught.value.response.status_code == status, caught.value
    assert caught.value.response.headers["x-error-code"]
    return caught.value


def add(api, repo_id: str, **files: str):
    """Commit small files, named by keyword with `_` for the dot."""
    operations = [CommitOperationAdd(n.replace("_", "."), t.encode()) for n, t in files.items()]
    return api.create_commit(repo_id, operations, commit_message=f"add {', '.join(files)}")


@pytest.mark.parametrize("kind", KINDS)
def test_a_repo_is_created_listed_and_deleted(hub_server, kind):
    api, name = hub_server.api(), f"demo/kind-{kind}"
    sdk = {"space_sdk": "docker"} if kind == "space" else {}
    url = api.create_repo(name, repo_type=kind, private=True, **sdk)
    assert (url.repo_id, url.repo_type, url.endpoint) == (name, kind, hub_server.endpoint)
    info = api.repo_info(name, repo_type=kind)
    assert (info.private, info.author, len(info.sha)) == (True, "demo", 40)
    lists = {"model": api.list_models, "dataset": api.list_datasets, "space": api.list_spaces}
    assert name in [row.id for row in lists[kind](author="demo", search=f"kind-{kind}")]
    api.delete_repo(name, repo_type=kind)
    assert not api.repo_exists(name, repo_type=kind)
    api.delete_repo(name, repo_type=kind, missing_ok=True)


def test_the_three_kinds_have_names_of_their_own(hub_server):
    api = hub_server.api()
    api.create_repo("demo/same-name")
    api.create_repo("demo/same-name", repo_type="dataset")
    api.delete_repo("demo/same-name")
    assert api.repo_exists("demo/same-name", repo_type="dataset")


def test_creating_twice_is_a_conflict_unless_asked_for(hub_server):
    api = hub_server.api()
    first = api.create_repo("demo/twice")
    refused(409, api.create_repo, "demo/twice")
    assert api.create_repo("demo/twice", exist_ok=True) == first


@pytest.mark.parametrize("name", ["demo/-a", "demo/a.git", "demo/" + "a" * 97, "demo/a b"])
def test_impossible_names_are_refused(hub_server, name):
    response = refused_post(hub_server, name)
    assert response.status_code == 400, response.text
    assert "Invalid name" in response.json()["error"]


def refused_post(hub, name: str):
    """The answer to a create request that the real client would not send."""
    from huggingface_hub.utils import get_session

    namespace, _, name = name.partition("/")
    return get_session().post(
        f"{hub.endpoint}/api/repos/create",
        json={"name": name, "organization": namespace},
        headers={"Authorization": f"Bearer {hub.token}"},
    )


def test_settings_and_move(hub_server):
    api, stranger = hub_server.api(), hub_server.api(hub_server.other_token)
    api.create_repo("demo/movable")
    api.update_repo_settings("demo/movable", private=True)
    refused(404, stranger.model_info, "demo/movable")
    api.move_repo("demo/movable", "sentence-transformers/moved")
    assert api.model_info("sentence-transformers/moved").private is True
    refused(404, api.model_info, "demo/movable")
    api.create_repo("demo/movable")
    refused(409, api.move_repo, "demo/movable", "sentence-transformers/moved")
    refused(403, api.move_repo, "demo/movable", "other/taken-over")


def test_branches_and_tags(hub_server):
    api, repo = hub_server.api(), "demo/refs"
    api.create_repo(repo)
    old = add(api, repo, a_txt="1").oid
    new = add(api, repo, a_txt="2").oid
    api.create_branch(repo, branch="fix/typo", revision=old)
    api.create_tag(repo, tag="v1", revision=old)
    refused(409, api.create_tag, repo, tag="v1")
    refused(409, api.create_branch, repo, branch="main")
    api.create_tag(repo, tag="v1", exist_ok=True)
    found = api.list_repo_refs(repo)
    assert {ref.name: ref.target_commit for ref in found.branches} == {"main": new, "fix/typo": old}
    assert [(ref.ref, ref.target_commit) for ref in found.tags] == [("refs/tags/v1", old)]
    assert api.model_info(repo, revision="fix/typo").sha == old
    assert api.model_info(repo, revision="refs/heads/fix/typo").sha == old
    api.delete_tag(repo, tag="v1")
    api.delete_branch(repo, branch="fix/typo")
    with pytest.raises(RevisionNotFoundError):
        api.model_info(repo, revision="v1")
    with pytest.raises(RevisionNotFoundError):
        api.delete_tag(repo, tag="v1")
    with pytest.raises(BadRequestError):
        api.delete_branch(repo, branch="main")
    assert api.model_info(repo, revision=old).sha == old, "a commit outlives its names"


@pytest.mark.parametrize("name", ["a..b", "-a", "a b", ".a", "a.lock", "0" * 40, "@", "a//b"])
def test_impossible_ref_names_are_refused(hub_server, name):
    api = hub_server.api()
    api.create_repo("demo/ref-names", exist_ok=True)
    refused(400, api.create_tag, "demo/ref-names", tag=name)


def test_the_log_runs_from_the_newest_commit_back(hub_server):
    api, repo = hub_server.api(), "demo/log"
    api.create_repo(repo)
    shas = [add(api, repo, a_txt=text).oid for text in "12345"]
    log = api.list_repo_commits(repo)
    assert [commit.commit_id for commit in log[:-1]] == shas[::-1]
    assert (log[0].title, log[0].authors, log[-1].title) == (
        "add a_txt",
        ["demo"],
        "initial commit",
    )
    pages = paginate(f"{hub_server.endpoint}/api/models/{repo}/commits/main", {"limit": 2}, {})
    assert [row["id"] for row in pages] == [commit.commit_id for commit in log]


def test_lists_are_filtered_sorted_and_paged(hub_server):
    api = hub_server.api()
    names = [f"sentence-transformers/listed-{n}" for n in range(5)]
    for name in names:
        api.create_repo(name)
    card = "---\ntags: [odd]\npipeline_tag: fill-mask\n---"
    for name in names[1::2]:
        add(api, name, README_md=card)

    def found(**options) -> list[str]:
        rows = api.list_models(author="sentence-transformers", search="LISTED", **options)
        return [row.id for row in rows]

    assert found() == names[::-1], "newest first"
    assert found(limit=2) == [names[4], names[3]]
    assert found(sort="last_modified")[:2] == [names[3], names[1]]
    assert found(filter="odd") == [names[3], names[1]]
    assert found(pipeline_tag="fill-mask", full=True) == [names[3], names[1]]
    assert found(filter=["odd", "even"]) == []
    refused(400, list, api.list_models(sort="nonsense"))
    query = {"author": "sentence-transformers", "search": "listed", "limit": 2}
    pages = paginate(f"{hub_server.endpoint}/api/models", query | {"sort": "createdAt"}, {})
    assert [row["id"] for row in pages] == names[::-1]


def test_private_repos_are_listed_to_their_members_only(hub_server):
    hub_server.api().create_repo("demo/hidden-in-lists", private=True)
    for token, is_seen in ((hub_server.read_token, True), (hub_server.other_token, False)):
        rows = hub_server.api(token).list_models(search="hidden-in-lists")
        assert bool(list(rows)) is is_seen, token
    assert not list(hub_server.api(False).list_models(search="hidden-in-lists"))


def test_a_repo_without_a_namespace_does_not_exist(hub_server):
    with pytest.raises(RepositoryNotFoundError):
        hub_server.api().hf_hub_download("gpt2", "config.json")
    with pytest.raises(RepositoryNotFoundError):
        hub_server.api().model_info("gpt2", revision="main")
