#!/bin/sh
# Puts Chromium and its driver on this machine for the browser tests, from Debian's packages.
# Without root or apt the browser tests are skipped and say so; under CI=true that is a failure.
if command -v chromium >/dev/null 2>&1; then
    exit 0
fi
if command -v apt-get >/dev/null 2>&1; then
    as_root=""
    [ "$(id -u)" -eq 0 ] || as_root="sudo -n"
    echo "installing Chromium for the browser tests"
    if $as_root apt-get update -qq &&
        DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y -qq --no-install-recommends \
            chromium chromium-driver fonts-noto-color-emoji >/dev/null; then
        exit 0
    fi
fi
if [ "$CI" = "true" ]; then
    echo "error: Chromium could not be installed, and CI=true asks for the browser tests" >&2
    exit 1
fi
echo "Chromium is not here and could not be installed (no root?): the browser tests are skipped"
