#!/bin/sh
# Puts Chromium, its driver and npm on this machine for the browser tests, from Debian's packages;
# npm brings the OpenID provider that signs in. Without root or apt the tests that need them are
# skipped and say so; under CI=true that is a failure.
packages=""
command -v chromium >/dev/null 2>&1 || packages="chromium chromium-driver fonts-noto-color-emoji"
{ command -v node && command -v npm; } >/dev/null 2>&1 || packages="$packages nodejs npm"
if [ -z "$packages" ]; then
    exit 0
fi
if command -v apt-get >/dev/null 2>&1; then
    as_root=""
    [ "$(id -u)" -eq 0 ] || as_root="sudo -n"
    echo "installing $packages for the browser tests"
    # $packages is a list of words
    if $as_root apt-get update -qq &&
        DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y -qq --no-install-recommends \
            $packages >/dev/null; then
        exit 0
    fi
fi
if [ "$CI" = "true" ]; then
    echo "error: $packages could not be installed, and CI=true asks for the browser tests" >&2
    exit 1
fi
echo "not here, and could not be installed (no root?): $packages; tests that need them are skipped"
