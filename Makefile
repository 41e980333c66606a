# Every target sets up by itself: a virtual environment in .venv from requirements.lock, exact versions.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help setup bench regress reference methods staged proofs claims perf test check lint lock clean

VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

help: ## this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):[^#]*## */\1\t/' | expand -t 12

setup: $(READY) ## a virtual environment in .venv, from requirements.lock

$(READY): requirements.lock pyproject.toml
	@python=$$(for p in python3.11 python3.12 python3 python; do \
	    "$$p" -c 'import sys, venv; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 12))' 2>/dev/null \
	    && echo "$$p" && break; done); \
	test -n "$$python" || { echo 'mixsuite needs Python 3.11 or 3.12 with the venv module' >&2; exit 2; }; \
	test -x $(BIN)/python || "$$python" -m venv $(VENV)
	@echo 'installing into $(VENV) (about 5 GB, once; some minutes)'
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --editable .
	@touch $@

bench: setup ## train benchmarks/quick.toml, write results/quick/, print the tables
	$(BIN)/mixsuite run quick

methods: setup ## remake results/reference/methods/ from nothing: every method on the quick tasks
	rm -rf results/reference/methods
	$(BIN)/mixsuite run methods --out results/reference/methods

regress: setup ## train benchmarks/regress.toml anew, compare it with results/baseline.csv
	rm -rf results/regress
	$(BIN)/mixsuite regress --run regress

reference: setup ## remake results/reference/quick/ and the claims from nothing, with real sets from the data root
	rm -rf results/reference/quick results/reference/claims results/reference/claims*.csv
	$(BIN)/mixsuite run quick --out results/reference/quick
	$(BIN)/mixsuite claims --out results/reference/claims

staged: setup ## remake results/reference/staged/ from nothing, with real sets from the data root
	rm -rf results/reference/staged
	$(BIN)/mixsuite run staged --out results/reference/staged

proofs: setup ## remake the long proofs under results/reference/ (half an hour)
	$(BIN)/python benchmarks/proofs/kills.py --out results/reference/kills.md
	$(BIN)/python benchmarks/proofs/verdicts.py --out results/reference/statistics.md
	$(BIN)/python benchmarks/proofs/alarms.py --out results/reference/alarms.md
	$(BIN)/python benchmarks/proofs/leaderboard.py --out results/reference/leaderboard_cost.md

claims: setup ## test what the papers claim, at the quick scale, with real sets from the data root; write results/claims/
	$(BIN)/mixsuite claims

perf: setup ## time mixing, steps, whole matrices and running, on a quiet machine (half an hour); write results/perf/
	rm -rf results/perf.part && mkdir -p results/perf.part
	$(BIN)/python -m pytest -o addopts= benchmarks/perf --benchmark-json results/perf.part/benchmarks.json
	$(BIN)/python benchmarks/perf/matrices.py --training --out results/perf.part/matrices.json
	$(BIN)/python benchmarks/perf/running.py --out results/perf.part/running.json
	$(BIN)/python benchmarks/perf/table.py results/perf.part results/perf
	rm -rf results/perf.part

test: setup ## run the tests
	$(BIN)/python -m pytest -q

lint: setup ## format, lint, types
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

check: lint test ## everything that must hold before a change goes in

lock: setup ## remake requirements.lock from pyproject.toml
	$(BIN)/uv pip compile pyproject.toml --all-extras --group test --group lint --universal \
	    --python-version 3.11 --no-emit-index-url --no-annotate --quiet \
	    --custom-compile-command 'make lock' --output-file requirements.lock

clean: ## remove the virtual environment and caches; results stay
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis
