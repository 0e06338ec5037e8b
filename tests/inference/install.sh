#!/bin/sh
# Puts Ray into .venv for the tests of scoring on a cluster, where its wheels fit this machine.
# Without it these tests are skipped and say so; under CI=true that is a failure.
python=.venv/bin/python
if $python -c "import ray.data" 2>/dev/null; then
    exit 0
fi
echo "installing Ray for the tests of scoring on a cluster"
if $python -m pip install --disable-pip-version-check -q -r inference/requirements-ray.txt; then
    exit 0
fi
if [ "$CI" = "true" ]; then
    echo "error: Ray could not be installed, and CI=true asks for its tests" >&2
    exit 1
fi
echo "Ray is not here and could not be installed: its tests are skipped"
