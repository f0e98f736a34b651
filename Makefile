# Each command makes .venv by itself; `make help` lists them.
PORT ?= 8080
PYTHON := .venv/bin/python

.PHONY: help run demo test check
help: ## list these commands
	@grep -E '^[a-z]+:.*## ' Makefile | sed -E 's/^([a-z]+):.*## /  make \1	/' | expand -t 18

run: .venv/installed ## the whole pipeline on this machine, until Ctrl-C (PORT=8080)
	@exec .venv/bin/analytics run --port $(PORT) $(ARGS)

demo: .venv/installed ## play the tutorial on free ports, in a throw-away folder
	@.venv/bin/analytics demo $(ARGS)

test: .venv/installed ## all tests that need no cloud
	@$(PYTHON) -m pytest --cov --cov-report=term-missing:skip-covered $(ARGS)

check: .venv/installed ## format, lint, types, spelling, the OpenAPI document
	@$(PYTHON) -m ruff format --check . && $(PYTHON) -m ruff check . && $(PYTHON) -m mypy && $(PYTHON) -m codespell_lib . && $(PYTHON) -m openapi_spec_validator api-gateway/openapi.yaml

.venv/installed: pyproject.toml
	@scripts/setup
