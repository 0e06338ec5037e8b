#!/bin/sh
# Puts PostgreSQL on this machine for the tests of searches, from Debian's packages.
# Without root or apt these tests are skipped and say so; under CI=true that is a failure.
if command -v initdb >/dev/null 2>&1 || ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1; then
    exit 0
fi
if command -v apt-get >/dev/null 2>&1; then
    as_root=""
    [ "$(id -u)" -eq 0 ] || as_root="sudo -n"
    echo "installing PostgreSQL for the tests of searches"
    if $as_root apt-get update -qq &&
        DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y -qq --no-install-recommends \
            postgresql >/dev/null; then
        exit 0
    fi
fi
if [ "$CI" = "true" ]; then
    echo "error: PostgreSQL could not be installed, and CI=true asks for its tests" >&2
    exit 1
fi
echo "PostgreSQL is not here and could not be installed (no root?): its tests are skipped"
