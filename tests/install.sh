#!/bin/sh
# Puts on this machine what the tests need beside .venv: a headless Chromium, npm (it brings the
# OpenID provider that signs in), git and git-lfs, PostgreSQL, from Debian's packages; and Ray into
# .venv, where its wheels fit. Without root or apt the tests that need them are skipped and say so;
# under CI=true that is a failure.
has() { command -v "$1" >/dev/null 2>&1; }
missing=""
need() { missing="$missing $*"; }

has chromium-headless-shell || need chromium-headless-shell fonts-noto-color-emoji
has node && has npm || need nodejs npm
has git || need git
has git-lfs || need git-lfs
has initdb || ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || need postgresql

is_without() {
    case "$1" in chromium-headless-shell) has chromium && return ;; esac # it serves too, slower
    if [ "$CI" = "true" ]; then
        echo "error: could not be installed, and CI=true asks for the tests that need it: $1" >&2
        exit 1
    fi
    echo "not here, and could not be installed; tests that need it are skipped: $1"
}

as_root=""
[ "$(id -u)" -eq 0 ] || as_root="sudo -n"
if [ -n "$missing" ] && has apt-get; then
    $as_root apt-get update -qq
fi
for package in $missing; do
    echo "installing for the tests: $package"
    DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y -qq --no-install-recommends \
        "$package" >/dev/null || is_without "$package"
done
python=.venv/bin/python
if ! $python -c "import ray.data" 2>/dev/null; then
    echo "installing for the tests: Ray"
    $python -m pip install --disable-pip-version-check -q -r inference/requirements-ray.txt ||
        is_without Ray
fi
