# Every target sets up what it needs (.venv, from hash-locked requirements) and asks nothing.

PYTHON ?= python3
BIN    := .venv/bin
LOCK   := uv pip compile --quiet --universal --python-version 3.11 \
          --generate-hashes --no-annotate --no-header

export UV_PYTHON_DOWNLOADS := never

.DEFAULT_GOAL := help
.PHONY: help run tour setup check test bench torture clauses screenshots docs lock clean

help:  ## this list
	@sed -n 's/^\([a-z]*\):.*##/\1/p' $(MAKEFILE_LIST) | awk '{n=$$1; $$1=""; printf "  make %-11s %s\n", n, $$0}'

run: .setup-run  ## try it: a demonstration instance in var/demo, served on this machine
	@$(BIN)/troth demo var/demo

tour: .setup-run  ## one subject's whole life under the policy, checked as it is shown
	@$(BIN)/troth tour

setup: .setup-dev  ## everything a contributor needs, in .venv

check: .setup-dev  ## the fast part: lint, types, imports, style, documentation
	@$(BIN)/python -m tools.suite check

test: .setup-dev  ## everything that must hold, on SQLite, PostgreSQL and in Chromium
	@$(BIN)/python -m tools.suite test

bench: .setup-dev  ## how fast, beside a plain sketch and beside its peers
	@$(BIN)/python -m bench

torture: .setup-dev  ## the long fault tests: killed, full, flipped, stopped
	@HYPOTHESIS_PROFILE=torture $(BIN)/python -m pytest -m torture

clauses: .setup-dev  ## run everything and ship anew which tests prove which clause
	@$(BIN)/python -m tools.suite clauses

screenshots: .setup-dev  ## every page in both languages, light and dark, phone and desk: var/screenshots
	@$(BIN)/python -m tools.screenshots

docs: .setup-dev  ## write docs/reference anew from the code
	@$(BIN)/python -m tools.reference

lock: .setup-dev  ## lock the requirements anew (takes what pyproject.toml allows)
	@$(BIN)/$(LOCK) tools/installer.in -o tools/installer.lock
	@$(BIN)/$(LOCK) tools/build.in -o tools/build.lock
	@$(BIN)/$(LOCK) pyproject.toml -o requirements.lock
	@$(BIN)/$(LOCK) pyproject.toml tools/build.in --all-extras --group dev -c requirements.lock -c tools/build.lock -o requirements-dev.lock

clean:  ## remove what the other targets made; data in var goes too
	rm -rf .venv var build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find src tests tools bench -name __pycache__ -type d -prune -exec rm -rf {} +

.PHONY: .setup-run .setup-dev
.setup-run:
	@$(PYTHON) tools/setup.py run
.setup-dev:
	@$(PYTHON) tools/setup.py dev
