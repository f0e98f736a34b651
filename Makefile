# Each command installs what it needs into .venv by itself; `make help` lists them.
PORT ?= 8080
VENV := .venv/bin/python

.PHONY: help run demo test simulate conformance check bench installed installed-dev fuzz audit-code soak mutants mutation lock lock-providers sbom
help: ## list these commands
	@grep -E '^[a-z-]+:.*## ' Makefile | sed -E 's/^([a-z-]+):.*## /  make \1	/' | expand -t 18

run: installed ## the whole pipeline on this machine, until Ctrl-C (PORT=8080 ARGS=)
	@exec .venv/bin/analytics run --port $(PORT) $(ARGS)

demo: installed ## play the tutorial on free ports, in a throw-away folder (ARGS=)
	@.venv/bin/analytics demo $(ARGS)

test: installed-dev ## all tests that need no cloud (ARGS=tests/unit)
	@$(VENV) -m pytest -n 2 --dist loadfile --no-loadscope-reorder --cov --cov-report=term-missing:skip-covered $(ARGS)

simulate: installed-dev ## days of bad weather in simulated worlds (ARGS="--seeds 1000")
	@PYTHONPATH=functions:scripts:tests $(VENV) -m simulation $(ARGS)

conformance: installed-dev ## a client over a hostile network, killed, its rows counted (ARGS="--client python")
	@PYTHONPATH=functions:scripts:tests:tests/integration:tests/clients $(VENV) -m conformance $(ARGS)

fuzz: installed-dev ## other odd requests, bodies and objects, for as long as you like (ARGS="--minutes 10")
	@$(VENV) tests/fuzz/rounds.py $(ARGS)

check: installed-dev ## format, lint, types, spelling, the OpenAPI document (ARGS=PATH)
	@$(VENV) -m ruff format --check $(or $(ARGS),.) && $(VENV) -m ruff check $(or $(ARGS),.) && $(VENV) -m mypy && $(VENV) -m codespell_lib . && $(VENV) -m openapi_spec_validator api-gateway/openapi.yaml api-gateway/openapi-3.1.yaml

bench: installed ## what the functions cost to run, measured (ARGS=--check)
	@$(VENV) -m analytics_bench $(ARGS)

audit-code: ## secrets in the tree and its history, security rules waived (ARGS=--dependencies)
	@.ci/audit-code $(ARGS)

soak: installed ## 15 minutes of load, kills and faults, then a count (ARGS="--minutes 1")
	@$(VENV) -m analytics_soak $(ARGS)

mutants: installed-dev ## bugs planted one at a time, each of which tests must catch (ARGS=--list)
	@$(VENV) tests/mutants/plant.py $(ARGS)

mutation: installed-dev ## the code of functions/ changed in thousands of ways, for hours (ARGS=--share 0.1)
	@$(VENV) tests/mutants/mutation.py $(ARGS)

lock: # what functions/requirements.in needs in turn, with digests (ARGS="--upgrade-package NAME" or --upgrade)
	@uv=$$(.ci/tool uv 0.13.9)/uv && cd functions && "$$uv" pip compile --quiet --no-config --universal --python-version 3.11 \
		--generate-hashes --output-file requirements.txt requirements.in $(ARGS)

lock-providers: # the digests of Terraform's providers, of the registry's own files
	@terraform -chdir=terraform providers lock -platform=linux_amd64 -platform=linux_arm64 -platform=darwin_amd64 -platform=darwin_arm64

sbom: # what is deployed beside our code, in CycloneDX's words: dist/functions.cdx.json
	@mkdir -p dist && PYTHONWARNINGS=ignore "$$(.ci/tool cyclonedx-bom 7.5.0)/cyclonedx-py" requirements --output-reproducible --pyproject pyproject.toml \
		--mc-type application --output-file dist/functions.cdx.json functions/requirements.txt

installed:
	@scripts/setup

installed-dev:
	@scripts/setup dev
