# GNU make on Linux or macOS, and Python 3.11, 3.12 or 3.13: nothing else need be there.
# PYTHON=/path/to/python3.12 chooses the interpreter that .venv is made with.

PYTHON ?=
RUN := .venv/bin/python -m

.DEFAULT_GOAL := help
.PHONY: help demo test test-all check format format-check spelling lint types imports bench-env \
	broker-envs clean

help: ## Show this list.
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' Makefile

demo: .venv/.installed ## Train, back-test and report on a synthetic market, in about a minute.
	.venv/bin/python scripts/demo.py

test: .venv/.installed-dev ## Run the test suite, without the slow tests.
	$(RUN) pytest -n 2

test-all: .venv/.installed-dev ## Run every test, slow proofs too.
	$(RUN) pytest -n 2 -m "slow or not slow"

check: format-check spelling lint types imports test ## Run all that CI runs, but for the demo.

format: .venv/.installed-dev ## Lay out the code, and fix what can be fixed.
	$(RUN) ruff check --fix .
	$(RUN) ruff format .

format-check: .venv/.installed-dev ## Check the layout.
	$(RUN) ruff format --check .

spelling: .venv/.installed-dev ## Check the spelling.
	$(RUN) codespell_lib

lint: .venv/.installed-dev ## Check the style.
	$(RUN) ruff check .

types: .venv/.installed-dev ## Check the types.
	$(RUN) mypy

imports: .venv/.installed-dev ## Check who imports whom.
	.venv/bin/python .venv/bin/lint-imports

bench-env: .venv-bench/.installed ## Install the peers that benchmarks compare with.

broker-envs: .venv-insync/.installed .venv-ibapi/.installed ## Install the clients that the gateway is tested with.

clean: ## Remove .venv and caches; bars, models and reports stay.
	rm -rf .venv .venv-bench .venv-insync .venv-ibapi .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache var/numba

# A stamp is set only when its step is complete, so an interrupted installation is taken up again.

# A system upgrade can take the interpreter from under .venv: then it is made anew.
ifeq ($(wildcard .venv/bin/python),)
.PHONY: .venv/.made
endif

.venv/.made:
	$(eval FOUND := $(shell sh scripts/find_python.sh $(if $(PYTHON),"$(PYTHON)")))
	$(if $(filter error:%,$(FOUND)),$(error $(FOUND)))
	$(if $(filter .venv/bin/python,$(FOUND)),,"$(FOUND)" -m venv --clear .venv)
	@touch $@

.venv/.installed: .venv/.made requirements.txt constraints.txt
	$(RUN) pip install -r requirements.txt
	@touch $@

.venv/.installed-dev: .venv/.installed requirements-dev.txt requirements-cluster.txt
	$(RUN) pip install -r requirements-dev.txt
	@touch $@

# Apart from .venv: the peers bring much along that nothing of ours may come to need.
.venv-bench/.installed: .venv/.made requirements-bench.txt constraints.txt
	$(RUN) venv --clear .venv-bench
	.venv-bench/bin/python -m pip install -r requirements-bench.txt
	@touch $@

# Apart from .venv and from each other: they write the same files, or bring a client of their own.
.venv-insync/.installed: .venv/.made requirements-insync.txt
	$(RUN) venv --clear .venv-insync
	.venv-insync/bin/python -m pip install -r requirements-insync.txt
	@touch $@

.venv-ibapi/.installed: .venv/.made requirements-ibapi.txt
	$(RUN) venv --clear .venv-ibapi
	.venv-ibapi/bin/python -m pip install -r requirements-ibapi.txt
	@touch $@
