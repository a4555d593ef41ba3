# Everything a newcomer needs: `make demo`, `make test`. `make help` lists the rest.
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
HOME_DIR ?= data
DEMO ?=
TESTS ?= tests
WORLDS ?=
LAB ?=
JOBS ?= 2
export DO_NOT_TRACK = 1
export GX_ANALYTICS_ENABLED = false
export DAGSTER_DISABLE_TELEMETRY = 1
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help setup demo test ui lint types portable bench lab docs lock clean

help:  ## list the targets
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

$(VENV)/.installed: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(not ((3, 11) <= sys.version_info < (3, 14)))' \
	  || { echo "Rapporteur needs CPython 3.11 to 3.13; $(PYTHON) is $$($(PYTHON) -V 2>&1). Try: make PYTHON=python3.12"; exit 2; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

setup: $(VENV)/.installed  ## install from the hash-checked lock into .venv

demo: setup  ## sample, run, report and read-out in ./data (HOME_DIR=..., DEMO="--days 3 --accounts 100")
	RAPPORTEUR_HOME=$(HOME_DIR) $(BIN)/rapporteur demo $(DEMO)

test: setup  ## every test, side by side (TESTS=tests/unit for some)
	$(BIN)/python -m pytest -n $(JOBS) --dist loadfile --no-loadscope-reorder --durations 15 --durations-min 5 $(TESTS)

ui: setup  ## Dagster's UI over ./data
	RAPPORTEUR_HOME=$(HOME_DIR) $(BIN)/rapporteur ui

lint: setup  ## ruff, sqlfluff, import-linter
	$(BIN)/ruff check --no-cache .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/sqlfluff lint --disable-progress-bar dbt_project

types: setup  ## mypy, strict
	$(BIN)/mypy

portable: setup  ## compile the dbt project for DuckDB and for Spark
	$(BIN)/python -m tests.conventions.portable

bench: setup  ## ratios against named peers, medians of 5
	$(BIN)/python -m tests.benchmarks

lab: setup  ## score the review queue on labelled worlds (WORLDS="clean rare", LAB="--seeds 1 2 --json scores.json")
	$(BIN)/python -m tests.laboratory $(WORLDS) $(LAB)

docs: setup  ## the data dictionary, from the models' YAML
	$(BIN)/python -m assets.transform.dictionary docs/data-dictionary.md

lock:  ## resolve requirements.lock anew (needs uv)
	uv pip compile --universal --generate-hashes --no-strip-extras --extra dev --python-version 3.11 pyproject.toml \
	  -o requirements.lock --no-header --no-emit-index-url --no-emit-find-links

clean:  ## remove what was built; data stays
	rm -rf $(VENV) .mypy_cache .ruff_cache .hypothesis .import_linter_cache dbt_project/target dbt_project/logs *.egg-info
	find . -name __pycache__ -type d -not -path './data/*' -prune -exec rm -rf {} +
