# `make` lists the commands. Everything is installed into .venv, with the versions in constraints.txt.
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

BIN := .venv/bin
RUN_READY := .venv/.ready-to-run
TEST_READY := .venv/.ready-to-test
WORKERS ?= 3
CLEAN_ENV := env -u DISPLAY -u WAYLAND_DISPLAY -u QT_QPA_PLATFORM
PYTEST_RUN := $(CLEAN_ENV) $(BIN)/python -m pytest -n $(WORKERS) --dist worksteal
UNDER_XVFB := $(BIN)/python -m tests.support.virtual_display

.PHONY: help run test test-all coverage check bench pictures doctor clean

help: ## list these commands
	@echo "Somascope: make COMMAND"
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1|\2/p' Makefile | awk -F'|' '{ printf "  %-9s %s\n", $$1, $$2 }'

run: $(RUN_READY) ## install into .venv if need be, and open the window
	@.ci/run_somascope

test: $(TEST_READY) ## install the test tools too, and run the tests (needs no display)
	@$(BIN)/python -m app.doctor.setup_check
	@$(PYTEST_RUN) $(PYTEST)
	@echo "The tests marked slow were left out; 'make test-all' runs them too."

test-all: $(TEST_READY) ## run every test, those marked slow too
	@$(BIN)/python -m app.doctor.setup_check
	@$(PYTEST_RUN) --slow $(PYTEST)

coverage: $(TEST_READY) ## run every test and print which lines they reach
	@$(BIN)/python -m app.doctor.setup_check
	@$(PYTEST_RUN) --slow --cov --cov-report=term:skip-covered $(PYTEST)

check: $(TEST_READY) ## format, lint, types and the layers of imports
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(TEST_READY) ## measure the speed: a table, and bench.json
	@$(BIN)/python -m app.doctor.setup_check
	@$(UNDER_XVFB) $(BIN)/python -m tests.benchmarks

pictures: $(TEST_READY) ## draw the pictures of README and docs, and write the page on the protocol
	@$(BIN)/python -m app.doctor.setup_check
	@$(UNDER_XVFB) $(BIN)/python -m tests.pictures
	@$(BIN)/python -m tests.docs.protocol_page

doctor: $(RUN_READY) ## check this installation and print fixes
	@$(BIN)/somascope doctor || true

clean: ## remove what was built and measured, .venv included
	rm -rf .venv build dist somascope-run bench.json .coverage *.egg-info .pytest_cache .import_linter_cache .mypy_cache .ruff_cache .hypothesis
	find app backends neuromorpho resources tests -name __pycache__ -type d -prune -exec rm -rf {} +

# The stamp is written last, so an installation that failed half-way is repeated.
$(RUN_READY): pyproject.toml constraints.txt
	@.ci/install '.[all]'
	@touch $@

$(TEST_READY): pyproject.toml constraints.txt
	@.ci/install '.[test]'
	@touch $(RUN_READY) $@
