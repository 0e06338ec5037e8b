# The commands of this project; each prepares what it needs. `make demo` and `make test` come first.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
# Of the time of the slow tests a third is waiting, for a browser or a network that is silent on purpose.
WORKERS := 3
# Bytecode is kept, also where the environment forbids it: else each worker, and each of the hundreds
# of processes that the tests start, compiles the project anew (collection alone: 25 s in place of 15).
PYTEST := PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pytest --dist loadfile --no-loadscope-reorder
PIP_INSTALL := $(BIN)/python -m pip install --disable-pip-version-check --progress-bar on

.PHONY: demo setup quick test check lint types golden bench clean help

demo: .venv/runs  ## the whole journey on this machine: data -> model -> Hub -> Space
	@$(BIN)/python -m space_config.demo $(DEMO_ARGS)

setup: .venv/develops  ## .venv with all that development needs

quick: lint types  ## lint, types and every test that takes moments: before each commit
	@$(PYTEST) -n 2 -q -m "not slow and not browser" --durations=5 --durations-min=2 $(TEST_ARGS)

test: setup  ## every test, the browser's too
	@sh tests/install.sh
	@$(PYTEST) -n $(WORKERS) $(TEST_ARGS)

check: lint types test  ## what CI runs: lint, types, every test

lint: setup  ## what ruff finds in code and layout
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

types: setup  ## what mypy finds
	@$(BIN)/mypy

golden: setup  ## rewrite the golden files, then review the diff
	@$(BIN)/python -m pytest -q -n 2 --golden tests/training

bench: setup  ## speed beside the peers, appended to benchmarks/LOG.md
	@sh tests/install.sh
	@$(BIN)/python -m space_config.demo --check
	@$(BIN)/python -m benchmarks $(BENCH_ARGS)

clean:  ## forget the demo, the caches and the environment
	rm -rf .venv .demo .cache test-artefacts

help:  ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "make %-7s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# The stamps below are written last, so an interrupted installation is taken up again.
.venv/created:
	@test -n "$(PYTHON)" || { echo "error: no python3.11 found; install Python 3.11 or give PYTHON=/path/to/python3.11" >&2; exit 1; }
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info[:2] < (3, 11))' || { echo "error: $(PYTHON) is older than Python 3.11; give PYTHON=/path/to/python3.11" >&2; exit 1; }
	@echo "creating .venv with $(PYTHON)"
	@"$(PYTHON)" -m venv .venv
	@touch $@

.venv/runs: requirements.txt training/requirements.txt | .venv/created
	@echo "installing the packages of the demo (about 2 minutes the first time)"
	@$(PIP_INSTALL) -q -r training/requirements.txt
	@touch $@

.venv/develops: requirements.txt training/requirements.txt tests/requirements.txt | .venv/created
	@echo "installing the packages for development (about 2 minutes the first time)"
	@$(PIP_INSTALL) -q -r tests/requirements.txt
	@touch .venv/runs $@
