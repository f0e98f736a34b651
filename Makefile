# Each command installs what it needs into .venv by itself; `make help` lists them.
PORT ?= 8080
PYTHON := .venv/bin/python

.PHONY: help run demo test check bench mutants mutation installed installed-dev
help: ## list these commands
	@grep -E '^[a-z]+:.*## ' Makefile | sed -E 's/^([a-z]+):.*## /  make \1	/' | expand -t 18

run: installed ## the whole pipeline on this machine, until Ctrl-C (PORT=8080 ARGS=)
	@exec .venv/bin/analytics run --port $(PORT) $(ARGS)

demo: installed ## play the tutorial on free ports, in a throw-away folder (ARGS=)
	@.venv/bin/analytics demo $(ARGS)

test: installed-dev ## all tests that need no cloud (ARGS=tests/unit)
	@$(PYTHON) -m pytest -n 2 --dist loadfile --no-loadscope-reorder --cov --cov-report=term-missing:skip-covered $(ARGS)

check: installed-dev ## format, lint, types, spelling, the OpenAPI document (ARGS=PATH)
	@$(PYTHON) -m ruff format --check $(or $(ARGS),.) && $(PYTHON) -m ruff check $(or $(ARGS),.) && $(PYTHON) -m mypy && $(PYTHON) -m codespell_lib . && $(PYTHON) -m openapi_spec_validator api-gateway/openapi.yaml api-gateway/openapi-3.1.yaml

bench: installed ## what the functions cost to run, measured (ARGS=--check)
	@$(PYTHON) -m analytics_bench $(ARGS)

mutants: installed-dev # bugs planted one at a time, each of which tests must catch (ARGS=--list)
	@$(PYTHON) tests/mutants/plant.py $(ARGS)

mutation: installed-dev # the code of functions/ changed in thousands of ways, for hours (ARGS=--share 0.1)
	@$(PYTHON) tests/mutants/mutation.py $(ARGS)

installed:
	@scripts/setup

installed-dev:
	@scripts/setup dev
