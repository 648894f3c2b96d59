# Everything runs from .venv, which `make` builds from the lock file if it is missing or out of date.
PYTHON ?= python3
BIN := .venv/bin
# The tests start about a hundred processes. Without bytecode on disk each of them would compile Slipway again.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help demo test bench bench-quick test-pythons test-operations check gallery pictures docs lock format clean

help:
	@echo "make demo    run Slipway with a simulated Slack workspace and ECS region on this machine"
	@echo "make test    run the tests"
	@echo "make bench   measure what Slipway costs, in up to 25 minutes; make bench-quick: less, in 2 to 3 minutes"
	@echo "make test-pythons  run a part of the tests with each promised version of Python that this machine has"
	@echo "make test-operations  run the commands of docs/operations.md, with packages from the registry"
	@echo "make check   lint, types and import rules"
	@echo "make gallery  draw everything that Slipway says in Slack: build/gallery.html, and pictures"
	@echo "make pictures  take the pictures of the README of the demo's page: docs/*.png"
	@echo "make docs    write the tables of keys and metrics into docs/"
	@echo "make format  let ruff format the code"
	@echo "make lock    resolve requirements.lock and requirements-production.lock again from pyproject.toml"

.venv/ready: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Slipway needs Python 3.11 or newer; $(PYTHON) is older. Name another: make PYTHON=python3.12 ..." >&2; exit 1; }
	@echo "Installing what Slipway needs into .venv: once, for a minute or two ..."
	@$(PYTHON) -m venv .venv
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

demo: .venv/ready
	@$(BIN)/slipway demo

test: .venv/ready
	$(BIN)/pytest -n auto

bench: .venv/ready
	$(BIN)/python -m benchmarks --form full

bench-quick: .venv/ready
	$(BIN)/python -m benchmarks --form quick

test-pythons:
	@$(PYTHON) .ci/pythons.py

test-operations: .venv/ready
	SLIPWAY_REAL_PIP=1 $(BIN)/pytest tests/scenarios/test_operations_page.py

check: .venv/ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

gallery: .venv/ready
	$(BIN)/python -m tests.gallery build

pictures: .venv/ready
	$(BIN)/python -m tests.pictures docs

docs: .venv/ready
	$(BIN)/python -m slipway.configuration_page docs/configuration.md
	$(BIN)/python -m slipway.metrics_page docs/operations.md
	$(BIN)/python -m slipway.iam.policies_page docs/iam.md

format: .venv/ready
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# The second file has what production needs, in the versions of the first, and no test tools; the third what builds
# Slipway's own package.
LOCK := uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --quiet \
	--no-emit-index-url --no-emit-find-links --no-annotate --no-header
lock:
	$(LOCK) --extra dev --output-file requirements.lock
	$(LOCK) --constraint requirements.lock --output-file requirements-production.lock
	echo "setuptools" | uv pip compile - --constraint requirements.lock --generate-hashes --quiet --no-emit-index-url \
		--no-emit-find-links --no-annotate --no-header --output-file requirements-build.lock

clean:
	rm -rf .venv build *.egg-info .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
