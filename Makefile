# Two commands on a fresh machine: `make demo` and `make test`.
.DEFAULT_GOAL := help
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c

PYTHON := .venv/bin/python
export DAGSTER_HOME := $(CURDIR)/.dagster
export PATH := $(CURDIR)/.venv/bin:$(PATH)
# `dagster asset materialize` and `dagster dev` work, and say at every start that `dg` is newer.
export PYTHONWARNINGS := ignore

.PHONY: help
help:  ## Say what can be made
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 8

.venv/.ready: requirements.lock pyproject.toml .ci/make-venv
	@.ci/make-venv

.dagster/dagster.yaml: dagster.yaml
	@mkdir -p .dagster && cp dagster.yaml .dagster/dagster.yaml

.PHONY: demo
demo: .venv/.ready .dagster/dagster.yaml  ## Fit the demo model and write its report
	dagster asset materialize -m mmm_pipeline.definitions --select 'group:demo or key:catalogue'
	@echo "The report is outputs/demo/report.html."

.PHONY: ui
ui: .venv/.ready .dagster/dagster.yaml  ## Open Dagster's UI on http://127.0.0.1:3000
	dagster dev --host 127.0.0.1

.PHONY: lint
lint: .venv/.ready
	ruff check .
	ruff format --check .
	mypy
	lint-imports

.PHONY: test
test: lint .dagster/dagster.yaml  ## Lint, types, doctests and fast tests
	@# Models of a few numbers are compiled once each: what matters is how fast that is. And nobody
	@# asks where in the code each of their nodes was made.
	PYTHONWARNINGS= PYTENSOR_FLAGS=mode=FAST_COMPILE,traceback__limit=0 pytest -n auto --dist worksteal -m "not slow" --doctest-modules mmm_pipeline mmm_pipeline_tests

.PHONY: slow
slow: .venv/.ready .dagster/dagster.yaml  ## Real fits
	PYTHONWARNINGS= pytest -n auto --dist worksteal -m slow mmm_pipeline_tests

.PHONY: lock
lock: .venv/.ready  ## Resolve the dependencies anew
	uv pip compile --quiet --universal --upgrade --generate-hashes --no-emit-index-url --no-header \
	  --python-version 3.12 --extra dev pyproject.toml --output-file requirements.lock
