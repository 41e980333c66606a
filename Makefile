# Every target sets up by itself: a virtual environment in .venv from requirements.lock, exact versions.
#   make setup PYTHONS=python3.13    that Python and no other, where .venv is not there yet
#   make gpu PYTHON=python3          an interpreter that has the libraries already: nothing is installed
SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help setup bench regress reference methods staged proofs claims perf gpu fast test check lint wheel lock clean

VENV := .venv
BIN := $(VENV)/bin
# The results were made with 3.11; any of these will do.
PYTHONS := python3.11 python3.14 python3.13 python3.12 python3 python
# ensurepip: on Debian it comes with python3-venv. 3.14.1: networkx, which PyTorch needs, refuses it.
FITS := import sys, venv, ensurepip; v = sys.version_info[:3]; sys.exit(not (3, 11) <= v[:2] <= (3, 14) or v == (3, 14, 1))

ifeq ($(origin PYTHON),command line)
READY :=
LINT_IMPORTS := lint-imports
export PYTHONPATH := $(CURDIR)
else
READY := $(VENV)/.ready
PYTHON := $(BIN)/python
LINT_IMPORTS := $(BIN)/lint-imports
endif
MIXSUITE := $(PYTHON) -m mixsuite

help: ## this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):[^#]*## */\1\t/' | expand -t 12

setup: $(READY) ## a virtual environment in .venv, from requirements.lock

$(VENV)/.ready: requirements.lock pyproject.toml
	@test -x $(BIN)/python || { \
	    python=$$(for p in $(PYTHONS); do "$$p" -c '$(FITS)' 2>/dev/null && echo "$$p" && break; done); \
	    test -n "$$python" || { echo 'mixsuite needs Python 3.11, 3.12, 3.13 or 3.14 (but not 3.14.1) with its venv module;' \
	        'tried: $(PYTHONS)' >&2; exit 2; }; \
	    "$$python" -m venv $(VENV); }
	@echo 'installing into $(VENV) (about 5 GB, once; some minutes)'
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --editable .
	@touch $@

bench: setup ## train benchmarks/quick.toml, write results/quick/, print the tables
	$(MIXSUITE) run quick

methods: setup ## remake results/reference/methods/ from nothing: every method on the quick tasks
	rm -rf results/reference/methods
	$(MIXSUITE) run methods --out results/reference/methods
	$(PYTHON) benchmarks/proofs/compress.py results/reference/methods

COSTS := gate
regress: setup ## train benchmarks/regress.toml anew, compare it with results/baseline.csv; COSTS=show fails for no cost
	rm -rf results/regress
	$(MIXSUITE) regress --run regress --costs $(COSTS)

reference: setup ## remake results/reference/quick/ and the claims from nothing, with real sets from the data root
	rm -rf results/reference/quick results/reference/claims results/reference/claims*.csv
	$(MIXSUITE) run quick --out results/reference/quick
	$(MIXSUITE) claims --out results/reference/claims
	$(PYTHON) benchmarks/proofs/compress.py results/reference/quick results/reference/claims/*/

staged: setup ## remake results/reference/staged/ from nothing, with real sets from the data root
	rm -rf results/reference/staged
	$(MIXSUITE) run staged --out results/reference/staged
	$(PYTHON) benchmarks/proofs/compress.py results/reference/staged

lengths: setup ## remake results/reference/lengths/: has a comparison converged? two tasks at three lengths
	rm -rf results/reference/lengths
	$(MIXSUITE) run lengths --out results/reference/lengths
	rm -rf results/reference/lengths/losses results/reference/lengths/gallery
	$(PYTHON) benchmarks/proofs/compress.py results/reference/lengths

proofs: setup ## remake the long proofs under results/reference/ (an hour)
	$(PYTHON) benchmarks/proofs/borders.py --out results/reference/borders.md
	$(PYTHON) benchmarks/proofs/kills.py --out results/reference/kills.md
	$(PYTHON) docs/tables.py
	$(PYTHON) benchmarks/proofs/verdicts.py --out results/reference/statistics.md
	$(PYTHON) benchmarks/proofs/convergence.py --out results/reference/convergence.md
	$(PYTHON) benchmarks/proofs/new_rows.py --out results/reference/new_rows.md
	$(PYTHON) benchmarks/proofs/across.py --out results/reference/across.md
	$(PYTHON) benchmarks/proofs/until_decided.py --out results/reference/until_decided.md
	$(PYTHON) benchmarks/proofs/claims.py --out results/reference/claims_rules.md
	$(PYTHON) benchmarks/proofs/alarms.py --out results/reference/alarms.md
	$(PYTHON) benchmarks/proofs/leaderboard.py --out results/reference/leaderboard_cost.md
	$(PYTHON) benchmarks/proofs/laws.py --out results/reference/laws.md
	$(PYTHON) benchmarks/proofs/tuning_alike.py --out results/reference/tuning.md

claims: setup ## test what the papers claim, at the quick scale, with real sets from the data root; write results/claims/
	$(MIXSUITE) claims

# BEFORE='--before CHECKOUT' times another checkout in turn.
perf: setup ## time mixing, steps, whole matrices, answers and running, on a quiet machine (an hour); write results/perf/
	rm -rf results/perf.part && mkdir -p results/perf.part
	$(PYTHON) -m pytest -o addopts= benchmarks/perf --benchmark-json results/perf.part/benchmarks.json
	$(PYTHON) benchmarks/perf/matrices.py --training $(BEFORE) --out results/perf.part/matrices.json
	$(PYTHON) benchmarks/perf/verdict.py $(BEFORE) --out results/perf.part/verdict.json
	$(PYTHON) benchmarks/perf/running.py --out results/perf.part/running.json
	$(PYTHON) benchmarks/perf/table.py results/perf.part results/perf
	rm -rf results/perf.part

# A GPU's time is dear: a part that fails stops none of the others, and the target fails at its end.
# The matrix goes on where the last call was stopped: at the next checkpoint after GPU_SECONDS, or by Ctrl-C.
GPU_MATRIX := quick
GPU_SECONDS := 300
gpu: setup ## what only a GPU shows: its tests, its timings (results/perf/gpu/), as much of GPU_MATRIX as fits GPU_SECONDS
	@$(PYTHON) -c 'import sys, torch; torch.cuda.is_available() or sys.exit("make gpu needs a CUDA device")'
	@mkdir -p results/perf/gpu; failed=0; \
	$(PYTHON) -m pytest -o addopts= --import-mode=importlib -n 8 -m gpu tests/integration/test_gpu.py || failed=1; \
	for part in seeds nets mixing workers profile compiled; do \
	    $(PYTHON) benchmarks/perf/gpu.py $$part || failed=1; done; \
	$(MIXSUITE) run $(GPU_MATRIX) --device cuda --stop-after $(GPU_SECONDS) --out results/gpu/$(GPU_MATRIX) || \
	    test $$? -eq 130 || failed=1; \
	exit $$failed

fast: setup ## the fast half of the tests: units, without processes, within a minute
	$(PYTHON) -m pytest -q tests/unit -m 'not slow'

test: setup ## all tests
	$(PYTHON) -m pytest -q

lint: setup ## format, lint, types, layers
	$(PYTHON) -m ruff format --check .
	$(PYTHON) -m ruff check .
	$(PYTHON) -m mypy
	$(LINT_IMPORTS)

check: lint test ## everything that must hold before a change goes in

# The libraries are those at hand, mixsuite is the wheel's: a .pth file leads to the libraries' folder, and Python follows
# no .pth file in there, so that the checkout's own mixsuite is out of sight.
PURELIB := import sysconfig; print(sysconfig.get_path("purelib"))
wheel: setup ## build the wheel, install it outside the checkout, run it there on two data sets
	@set -e; unset PYTHONPATH; there=$$(mktemp -d); trap 'rm -rf "$$there"' EXIT; own="$$there/venv/bin/python"; \
	$(PYTHON) -m pip wheel --quiet --disable-pip-version-check --no-deps --wheel-dir "$$there/dist" .; \
	libraries=$$($(PYTHON) -c '$(PURELIB)'); \
	$(PYTHON) -m venv "$$there/venv"; \
	"$$own" -m pip install --quiet --disable-pip-version-check --no-deps "$$there"/dist/mixsuite-*.whl; \
	echo "$$libraries" >"$$("$$own" -c '$(PURELIB)')/libraries.pth"; \
	cd "$$there"; \
	"$$own" -c 'import sys, mixsuite; print(mixsuite.__file__); sys.exit(not mixsuite.__file__.startswith(sys.prefix))'; \
	mixsuite="$$there/venv/bin/mixsuite"; \
	"$$mixsuite" new-method my_mixup; \
	"$$mixsuite" check ./my_mixup.py; \
	"$$mixsuite" run quick --datasets iris,japanese_vowels --methods mixup,./my_mixup.py --seeds 0-1 --out results; \
	echo "a claim, of whose two data sets one is not shipped:"; \
	"$$mixsuite" claims --only gradient_variance --data . --out claims || test $$? -eq 1

lock: setup ## remake requirements.lock from pyproject.toml
	$(PYTHON) -m uv pip compile pyproject.toml --all-extras --group test --group lint --universal \
	    --python-version 3.11 --no-emit-index-url --no-annotate --quiet \
	    --custom-compile-command 'make lock' --output-file requirements.lock

clean: ## remove the virtual environment and caches; results stay
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
