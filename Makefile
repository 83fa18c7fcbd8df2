# Maeum's commands. `make run` and `make test` do everything themselves, from a fresh clone on.
# Words for the tool behind a command go into ARGS: make test ARGS="-k diary -x"

SHELL := /bin/sh
PYTHON := .venv/bin/python
MANAGE := $(PYTHON) manage.py
# pytest's processes; each has its own database. 0 runs everything in one process.
WORKERS ?= 2
PYTEST := $(PYTHON) -m pytest -n $(WORKERS) --dist loadfile

.DEFAULT_GOAL := help
.PHONY: help setup setup-dev run test test-long test-fast check format audit bench lock migrations messages demo-reset

help:  ## This list
	@echo "Maeum 마음"
	@awk 'BEGIN {FS = ":.*##"} /^[a-z-]+:.*##/ {printf "  make %-12s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))

setup:  ## Environment, fonts and translations for running (make run calls it)
	@sh tools/setup.sh run

setup-dev:  ## The same, plus what checking and testing need
	@sh tools/setup.sh dev

run: setup  ## Web, workers and beat with demo people; prints the address and the log-ins
	@$(PYTHON) -m config.launcher $(ARGS)

test: setup-dev  ## The whole suite on SQLite, PostgreSQL and Redis, with a browser
	@$(PYTHON) -m tests.services
	@$(PYTEST) $(ARGS)

test-long: setup-dev  ## The same at full size: fuzzing, kill storms, every URL and role
	@$(PYTHON) -m tests.services
	@MAEUM_TEST_LONG=1 $(PYTEST) $(ARGS)

test-fast: setup-dev  ## Only what needs no browser and no server
	@$(PYTEST) -m "not browser and not services and not slow" $(ARGS)

check: setup-dev  ## ruff, mypy, templates, import contracts, migrations, translations
	@$(PYTHON) tools/check.py $(ARGS)

format: setup-dev  ## Let ruff, djade and djhtml put code and templates in order
	@.venv/bin/ruff check --quiet --fix-only .
	@.venv/bin/ruff format --quiet .
	@find templates -name '*.html' -exec .venv/bin/djade --target-version 5.2 {} + || true
	@find templates -name '*.html' -exec .venv/bin/djhtml --tabwidth 2 {} + || true

audit: setup-dev  ## Known holes, security rules, list of what we ship (STRICT=1: no advisories is an error)
	@STRICT=$(STRICT) $(PYTHON) tools/audit.py

bench: setup-dev  ## Measure, write docs/benchmarks.md and .json
	@$(PYTHON) tools/bench.py $(ARGS)

lock: setup-dev  ## Compile requirements*.in to hashed requirements*.txt (ARGS=--upgrade for newer ones)
	@sh tools/lock.sh $(ARGS)

migrations: setup-dev  ## Write the migrations that the models ask for
	@$(MANAGE) makemigrations $(ARGS)

messages: setup-dev  ## Refresh and compile locale/en; say which sentences lack an English one
	@$(PYTHON) tools/merge_messages.py $(ARGS)
	@$(PYTHON) tools/compile_messages.py

demo-reset: setup  ## Forget the demo's database and photos; the next make run makes new ones
	@$(PYTHON) -m config.launcher --reset
