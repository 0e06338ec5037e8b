#!/bin/sh
# Puts git and git-lfs on this machine for the tests of the Hub's git routes, from Debian's packages.
# Without root or apt these tests are skipped and say so; under CI=true that is a failure.
packages=""
for name in git git-lfs; do
    command -v "$name" >/dev/null 2>&1 || packages="$packages $name"
done
if [ -z "$packages" ]; then
    exit 0
fi
if command -v apt-get >/dev/null 2>&1; then
    as_root=""
    [ "$(id -u)" -eq 0 ] || as_root="sudo -n"
    echo "installing$packages for the tests of the Hub"
    # $packages is a list of words
    if $as_root apt-get update -qq &&
        DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y -qq --no-install-recommends \
            $packages >/dev/null; then
        exit 0
    fi
fi
if [ "$CI" = "true" ]; then
    echo "error:$packages could not be installed, and CI=true asks for the tests that need them" >&2
    exit 1
fi
echo "not here, and could not be installed (no root?):$packages; tests that need them are skipped"
