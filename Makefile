# The two commands of the README are `make demo` and `make test`; `make help` lists the rest.
SHELL := /bin/bash
# The Python itself where python3 is a shim: see PATH.
ifndef PYTHON
PYTHON := $(shell python3 -c 'import sys; print(sys.executable)')
endif
BIN := $(CURDIR)/.venv/bin
# Tools find the pinned versions first, and no shims, which make Ansible discover Pythons that do not run.
export PATH := $(BIN):$(shell echo "$$PATH" | tr ':' '\n' | grep -v shims | paste -sd:)
export PYTHONDONTWRITEBYTECODE := 1
READY := .venv/.ready
NPM_READY := .venv/.npm-ready

.PHONY: help setup links install demo sandbox test lint sanity pytest sanity-all matrix soak crowd bench update-set artefact lock clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

setup: $(READY) ## make .venv with everything that the other targets need

$(READY): requirements-dev.txt
	"$(PYTHON)" -m venv .venv
	"$(BIN)/python" -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@touch $@

$(NPM_READY): $(READY) tests/fidelity/npm/package-lock.json
	"$(BIN)/python" tests/fidelity/npm/install.py
	@touch $@

install: $(READY) ## install the collection as it is now into .venv/collections
	@ANSIBLE_COLLECTIONS_PATH="$(CURDIR)/.venv/collections" "$(BIN)/ansible-galaxy" collection install . --force --no-deps -p .venv/collections >/dev/null

demo: install ## set up the Qualtrics spoke on three instances of the sandbox, twice, and show the result
	@"$(BIN)/python" tools/demo/run.py

sandbox: $(READY) ## run the sandbox in the foreground
	@exec "$(BIN)/python" -m sandbox

test: lint sanity pytest ## linters, ansible-test sanity and all tests

links: $(READY)
	@"$(BIN)/python" tools/link_collection.py

lint: links ## ansible-lint, ruff, yamllint, changelog, a scan for secrets
	"$(BIN)/ruff" check .
	"$(BIN)/yamllint" --strict .
	"$(BIN)/python" tools/secret_scan.py
	ANSIBLE_COLLECTIONS_PATH="$(CURDIR)/collections" "$(BIN)/ansible-lint" --offline --strict
	cd collections/ansible_collections/snow_ops/spokes && "$(BIN)/antsibull-changelog" lint

sanity: $(READY) ## ansible-test sanity with the pinned ansible-core
	"$(BIN)/python" tools/sanity.py

pytest: $(NPM_READY) ## unit, component, integration and fidelity tests
	"$(BIN)/python" -m pytest -n 4 --dist loadfile -q

sanity-all: $(READY) ## sanity with ansible-core 2.16 to 2.21, where their Pythons are installed
	"$(BIN)/python" tools/sanity.py --all

matrix: links ## every request under every fault; PROCEDURE=<start of a name> for some, CASE=<id> to replay one
	"$(BIN)/python" tests/faults/matrix.py $(if $(CASE),--case "$(CASE)") $(if $(PROCEDURE),--procedure "$(PROCEDURE)")

soak: links ## random schedules, SCHEDULES=<how many> from SEED=<the first>
	"$(BIN)/python" tests/soak/run.py $(if $(SCHEDULES),--schedules "$(SCHEDULES)") $(if $(SEED),--seed "$(SEED)")

crowd: links ## the setup playbook on 200 instances at once, under rate limits
	"$(BIN)/python" tests/concurrency/crowd.py

bench: links ## count requests, connections, tasks and CPU seconds
	PYTHONPATH=.:tests "$(BIN)/python" tests/benchmark/bench.py

update-set: $(READY) ## write the setup endpoint as an update set; NAMESPACE=<company code> fills in its path
	"$(BIN)/python" tools/update_set.py --namespace "$(NAMESPACE)"

artefact: $(READY) ## build the collection with its bill of materials, and check it as Automation Hub would
	"$(BIN)/python" tools/artefact.py

lock: $(READY) ## pin requirements-dev.in again
	"$(BIN)/python" -m pip install --quiet uv
	"$(BIN)/uv" pip compile --quiet --generate-hashes --no-emit-index-url --no-header --upgrade --python-version 3.11 \
	  requirements-dev.in -o requirements-dev.txt

clean: ## remove everything that was made here
	rm -rf .venv .ansible .pytest_cache .ruff_cache .hypothesis build collections tests/output
