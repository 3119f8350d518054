# Everything runs in .venv, which is made from requirements.lock the first time it is needed.
# A machine needs Python 3.11 or newer, make, and a package index.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: help demo test test-all bench bench-peers pilot pilot-sdtm lock docs validate setup clean

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

setup: $(READY) ## .venv, with every dependency at its locked version

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Trialwright needs Python 3.11 or newer; this is " + sys.version.split()[0] + ". Name another one: make PYTHON=python3.12")'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Installing the locked dependencies into $(VENV) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $(READY)

demo: $(READY) ## the example study, from its definition to a verified report
	@$(BIN)/trialwright demo --out build/demo

# EXPENSIVE=1 adds the tests that take longer; PYTEST_ARGS goes to pytest.
test: $(READY) ## checks of style, types and imports; the tests; the README's commands
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pytest -n auto --dist loadfile $(if $(EXPENSIVE),,-m "not expensive") $(PYTEST_ARGS)

test-all: ## as test, with the long validations
	@$(MAKE) --no-print-directory test EXPENSIVE=1

bench: $(READY) ## the figures of docs/performance.md, measured here; WRITE=1 writes the page
	@$(BIN)/python -m bench.run $(if $(WRITE),--write docs/performance.md)

bench-peers: $(READY) ## the same fits here and in R; WRITE=1 writes them into docs/performance.md
	@$(BIN)/python -m bench.peers.compare $(if $(WRITE),--write docs/performance.md)

pilot: $(READY) ## the real CDISC pilot study, from its data to a verified report, into build/pilot
	@$(BIN)/python bench/run_pilot.py

pilot-sdtm: $(READY) ## its analysis datasets derived from its SDTM, compared with the original ones, into build/pilot-sdtm
	@$(BIN)/python -m bench.run_pilot_sdtm

docs: $(READY) ## the pages made from the program: commands, steps of derivations, rules of the checks, validation
	@$(BIN)/python docs/write_cli_reference.py
	@$(BIN)/python docs/write_derivation_reference.py
	@$(BIN)/python docs/write_conformance_rules.py
	@$(BIN)/python docs/write_validation_pages.py

validate: $(READY) ## the tests that hold METHOD to values from outside; without METHOD those of every method
	@$(BIN)/pytest -q --validates $(or $(METHOD),all) tests

lock: $(READY) ## requirements.lock, from pyproject.toml
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	UV_CUSTOM_COMPILE_COMMAND="make lock" $(BIN)/uv pip compile --quiet --universal --python-version 3.11 \
		--generate-hashes --no-emit-index-url --no-emit-find-links --extra dev pyproject.toml -o requirements.lock

clean: ## remove what the targets above made, except .venv
	rm -rf build dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
