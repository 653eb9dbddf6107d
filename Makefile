# Everything a newcomer or a machine needs. `make help` lists it.
.DEFAULT_GOAL := help
SHELL := /bin/sh

PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11 python; do \
	command -v $$p >/dev/null 2>&1 && $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
VENV := .venv
BIN := $(VENV)/bin
PORT ?= 5000
export PORT
export DEMO ?= 1
export FLASK_APP = wsgi
export PIP_DISABLE_PIP_VERSION_CHECK = 1
# Whatever a container's image says: the suite starts Python a hundred times, and compiles but once.
export PYTHONDONTWRITEBYTECODE =
PIP := $(BIN)/python -m pip install -q --require-hashes

help: ## List what can be made
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 16

# honcho gives each process a PORT of its own: the worker's mails are told where the site is.
run: $(VENV)/.run ## Run the demo town on http://127.0.0.1:5000 (PORT changes it)
	@$(BIN)/flask prepare
	@echo "Hello Park: http://127.0.0.1:$(PORT)   (Ctrl-C stops it)"
	@echo "To sign in: 'Look round' on http://127.0.0.1:$(PORT)/signin, or any address: its mail is on http://127.0.0.1:$(PORT)/mailbox"
	@PUBLIC_URL=$${PUBLIC_URL:-http://127.0.0.1:$(PORT)} exec $(BIN)/honcho -f Procfile start --no-prefix

$(VENV)/bin/python:
	@test -n "$(PYTHON)" || { echo "Hello Park needs Python 3.11 or newer"; exit 1; }
	@echo "Making an environment in $(VENV) (once)"
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.run: requirements.lock | $(VENV)/bin/python
	@echo "Installing what the site needs (once)"
	@$(PIP) -r requirements.lock
	@touch $@

$(VENV)/.dev: requirements-dev.lock | $(VENV)/bin/python
	@echo "Installing what the tests need (once)"
	@$(PIP) -r requirements-dev.lock
	@touch $@ $(VENV)/.run

test: $(VENV)/.dev browser check ## Install what the suite needs, then run all of it
	@$(BIN)/python -m pytest -n 2 --dist loadgroup

faults: $(VENV)/.dev ## Inject every fault for real on both databases, and print what came of it (20 minutes)
	@FAULTS=long $(BIN)/python -m pytest tests/faults -n 0 -p no:cacheprovider

nightly: $(VENV)/.dev ## Every property with cases that nobody has tried; calendars and the state machine of answers with 2,000
	@HYPOTHESIS_PROFILE=nightly $(BIN)/python -m pytest -n 2 -m hypothesis tests

bench-poll: $(VENV)/.dev ## How cheap it is to ask a calendar again (fails under 0.7 of /healthz)
	@$(BIN)/python -m benchmarks.poll

bench-mail: $(VENV)/.dev ## How fast a full outbox empties (fails under half of a bare smtplib loop)
	@$(BIN)/python -m benchmarks.mail

bench-gazetteer: $(VENV)/.dev ## What the gazetteer in DATA_DIR answers, and whether each answer takes under 10 ms
	@$(BIN)/python -m benchmarks.gazetteer

bench: $(VENV)/.dev ## Whether a hundred thousand dates cost as little as a thousand, on both databases (BENCH=--help lists its options)
	@$(BIN)/python -m benchmarks.scale $(BENCH)

check: $(VENV)/.dev ## Lint, types and import contracts
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache --no-logo >/dev/null || $(BIN)/lint-imports --no-cache

browser: $(VENV)/.dev ## Find a browser for the tests, or install one
	@$(BIN)/python -m tests.browser.install

format: $(VENV)/.dev ## Format the code
	@$(BIN)/ruff format . && $(BIN)/ruff check --fix .

clean: ## Remove the environment and the demo town
	@rm -rf $(VENV) instance .build .mypy_cache .ruff_cache .pytest_cache .hypothesis

.PHONY: help run test faults nightly bench bench-poll bench-mail bench-gazetteer check browser format clean
