# Everything runs in .venv; PYTHON chooses the interpreter it is made with.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
# Hundreds of tests start Python: let it keep what it compiles, where the environment forbids it.
export PYTHONDONTWRITEBYTECODE :=
READY  := $(VENV)/.ready

.PHONY: demo test test-times check lint types contracts drill bench bench-peers bench-scale engine-bench clean

demo: $(READY)  ## run the main study on real input and say where its results are
	$(BIN)/python -m runner run sweeps=taps_plan

test: check  ## install what is needed and run everything CI runs

check: lint types contracts
	$(BIN)/python -m pytest -n 2 --dist worksteal

test-times: $(READY)  ## run all tests and write what each costs to docs/testing.md
	$(BIN)/python -m pytest -n 2 --dist worksteal -p tests.times --times-page docs/testing.md

lint: $(READY)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: $(READY)
	$(BIN)/mypy

contracts: $(READY)
	$(BIN)/lint-imports

drill: $(READY)  ## kill studies at random moments and write docs/reliability.md
	$(BIN)/python -m tests.faults.drill --count 60 --write docs/reliability.md

bench: $(READY)  ## measure and write docs/benchmarks.md
	$(BIN)/python -m pip install --quiet -c constraints.txt -e '.[bench]'
	$(BIN)/python -m tests.benchmarks.bench

bench-peers: $(READY)  ## measure Hydra's multirun and Mesa on the same work, for docs/benchmarks.md
	$(BIN)/python -m tests.benchmarks.peers.bench

bench-scale: $(READY)  ## measure what limits large studies and write that part of docs/benchmarks.md
	$(BIN)/python -m tests.benchmarks.scale

$(READY): pyproject.toml constraints.txt hatch_build.py runner/draws/mixing.c
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "cohortsweep needs Python 3.11 or newer; set PYTHON=..."; exit 2; }
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet -c constraints.txt -e '.[dev]'
	touch $(READY)

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache build dist runner/draws/mixing*.so
