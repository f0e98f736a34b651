# Each command installs what it needs into .venv by itself; `make help` lists them.
PORT ?= 8080
PYTHON := .venv/bin/python

.PHONY: help run demo test simulate check bench installed installed-dev fuzz audit-code soak mutants mutation
help: ## list these commands
	@grep -E '^[a-z-]+:.*## ' Makefile | sed -E 's/^([a-z-]+):.*## /  make \1	/' | expand -t 18

run: installed ## the whole pipeline on this machine, until Ctrl-C (PORT=8080 ARGS=)
	@exec .venv/bin/analytics run --port $(PORT) $(ARGS)

demo: installed ## play the tutorial on free ports, in a throw-away folder (ARGS=)
	@.venv/bin/analytics demo $(ARGS)

test: installed-dev ## all tests that need no cloud (ARGS=tests/unit)
	@$(PYTHON) -m pytest -n 2 --dist loadfile --no-loadscope-reorder --cov --cov-report=term-missing:skip-covered $(ARGS)

simulate: installed-dev ## days of bad weather in simulated worlds (ARGS="--seeds 1000")
	@PYTHONPATH=functions:scripts:tests $(PYTHON) -m simulation $(ARGS)

fuzz: installed-dev ## other odd requests, bodies and objects, for as long as you like (ARGS="--minutes 10")
	@$(PYTHON) tests/fuzz/rounds.py $(ARGS)

check: installed-dev ## format, lint, types, spelling, the OpenAPI document (ARGS=PATH)
	@$(PYTHON) -m ruff format --check $(or $(ARGS),.) && $(PYTHON) -m ruff check $(or $(ARGS),.) && $(PYTHON) -m mypy && $(PYTHON) -m codespell_lib . && $(PYTHON) -m openapi_spec_validator api-gateway/openapi.yaml api-gateway/openapi-3.1.yaml

bench: installed ## what the functions cost to run, measured (ARGS=--check)
	@$(PYTHON) -m analytics_bench $(ARGS)

audit-code: ## secrets in the tree and its history, security rules waived (ARGS=--dependencies)
	@.ci/audit-code $(ARGS)

soak: installed ## 15 minutes of load, kills and faults, then a count (ARGS="--minutes 1")
	@$(PYTHON) -m analytics_soak $(ARGS)

mutants: installed-dev ## bugs planted one at a time, each of which tests must catch (ARGS=--list)
	@$(PYTHON) tests/mutants/plant.py $(ARGS)

mutation: installed-dev ## the code of functions/ changed in thousands of ways, for hours (ARGS=--share 0.1)
	@$(PYTHON) tests/mutants/mutation.py $(ARGS)

installed:
	@scripts/setup

installed-dev:
	@scripts/setup dev
