"""Bare git repos that mirror those of a store, so that git's own program can serve them.

A mirror is a copy: it is made at the first request of a git client, brought up to date at each
one, and may be deleted at any time while no server runs. What it lacks comes as one pack, so that
a commit in it is there with all its files or not at all.
Try: git clone http://127.0.0.1:PORT/demo/hello
"""

import fcntl
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from hub.server import git
from hub.server.git_objects import pack
from hub.server.names import Repo
from hub.server.store import MAIN, Store

_MAX_PACKS = 50  # each push and each commit between two fetches adds one
_HOOK = '#!/bin/sh\nexec "$HUB_PYTHON" -m hub.server.pushes "$HUB_ROOT" "$HUB_REPO"\n'


@contextmanager
def current(store: Store, repo: Repo, max_packs: int = _MAX_PACKS) -> Iterator[Path]:
    """The repo's mirror, up to date, and held so that nobody else changes it meanwhile.

    max_packs: of more than so many files git makes one.

    Raises:
        NoGit: git is not installed.
    """
    mirror = store.mirror(repo)
    mirror.parent.mkdir(mode=0o700, exist_ok=True)
    with mirror.with_suffix(".lock").open("wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not mirror.exists():
            _create(mirror)
        _update(mirror, store, repo, max_packs)
        yield mirror


def _create(mirror: Path) -> None:
    draft = mirror.with_suffix(".new")
    shutil.rmtree(draft, ignore_errors=True)  # of a server that was killed here
    git.run(mirror.parent, "init", "-q", "--bare", "--template=", f"-b{MAIN}", draft.name)
    hook = draft / "hooks" / "pre-receive"
    hook.parent.mkdir()
    hook.write_text(_HOOK, "utf-8")
    hook.chmod(0o700)
    draft.rename(mirror)


def _update(mirror: Path, store: Store, repo: Repo, max_packs: int) -> None:
    """Give the mirror the store's branches and tags, with the commits that they lead to."""
    listed = git.run(mirror, "for-each-ref", "--format=%(objectname) %(refname)").splitlines()
    have = {name: oid for oid, name in (line.split(" ", 1) for line in listed)}
    want = {ref.full_name: ref.git_id for ref in store.refs(repo)}
    if have == want:
        return
    with git.Objects(mirror, git.environment()) as objects:
        missing = store.git_objects(repo, has=lambda oid: objects.look_up(oid) is not None)
    if missing:
        git.run(mirror, "index-pack", "--stdin", stdin=pack(missing))
    _set_refs(mirror, have, want)
    if len(list((mirror / "objects" / "pack").glob("*.pack"))) > max_packs:
        git.run(mirror, "repack", "-adq")


def _set_refs(mirror: Path, have: Mapping[str, str], want: Mapping[str, str]) -> None:
    # those that go first: a branch `a` makes room for `a/b`
    gone = [f"delete {name}\n".encode() for name in have if name not in want]
    moved = [f"update {name} {oid}\n".encode() for name, oid in want.items()]
    for lines in (gone, moved):
        git.run(mirror, "update-ref", "--stdin", stdin=lines)
