# Footfall. `make help` lists what can be asked; each target sets up what it needs.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

BIN := .venv/bin
READY := .venv/.ready

.PHONY: help
help: ## Show this list
	@grep -E '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## (.*)/  make \1|\2/' | column -t -s '|'

.PHONY: setup
setup: $(READY) ## Make .venv with everything inside (FOOTFALL_TORCH_BACKEND=auto for a GPU)

$(READY): pyproject.toml requirements.lock scripts/setup
	@scripts/setup
	@touch $@

.PHONY: web
web: $(READY) ## Build what browsers load (needs Node 20 or fetches one)
	@scripts/build-web

.PHONY: demo
demo: web ## Start a demo shop with live shoppers and print its address
	@$(BIN)/footfall demo

.PHONY: test
test: web ## Run every test
	@$(BIN)/pytest

.PHONY: check
check: web ## Format, lint, types, imports, fast tests: run before each commit
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/pytest -m "not slow"

.PHONY: bench
bench: web ## Run every benchmark (minutes)
	@$(BIN)/footfall bench all

.PHONY: fmt
fmt: $(READY) ## Format the code and mend what ruff can mend
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

.PHONY: docs
docs: $(READY) ## Write the generated pages anew
	@$(BIN)/python -m footfall.events_page > docs/events.md
	@$(BIN)/python -m footfall.routes_page > docs/routes.md
	@$(BIN)/python -m footfall.settings_page > docs/settings.md

.PHONY: pictures
pictures: web ## Take the pictures of README and docs anew, of a demo shop (minutes)
	@$(BIN)/python -m tests.browser.pictures

.PHONY: lock
lock: $(READY) ## Pin the newest packages that pyproject.toml allows into requirements.lock
	@$(BIN)/uv pip compile pyproject.toml scripts/torch-needs.in --group dev --upgrade \
	    --universal --python-version 3.11 --override scripts/lock-overrides.txt \
	    --no-header --no-annotate --no-emit-index-url --quiet --output-file requirements.lock

.PHONY: clean
clean: ## Remove everything that was built; data directories stay
	@rm -rf .venv web/*/dist web/*/node_modules .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache build dist ./*.egg-info
	@find . -name __pycache__ -not -path './.git/*' -prune -exec rm -rf {} +
