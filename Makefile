# `make` lists the verbs. Everything is installed into .venv, with the versions in constraints.txt.
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

BIN := .venv/bin
RUN_READY := .venv/.ready-to-run
TEST_READY := .venv/.ready-to-test
UNDER_XVFB := $(BIN)/python -m tests.support.virtual_display

.PHONY: help run test check bench pictures doctor clean

help: ## list these verbs
	@echo "Somascope: make VERB"
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/\1|\2/p' Makefile | awk -F'|' '{ printf "  %-9s %s\n", $$1, $$2 }'

run: $(RUN_READY) ## install into .venv if need be, and open the window
	@.ci/run_somascope

test: $(TEST_READY) ## install the test tools too, and run the tests (needs no display)
	@$(BIN)/python -m app.doctor.setup_check
	@env -u DISPLAY -u WAYLAND_DISPLAY -u QT_QPA_PLATFORM $(BIN)/python -m pytest $(PYTEST)

check: $(TEST_READY) ## format, lint and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: $(TEST_READY) ## measure the speed: a table, and bench.json
	@$(BIN)/python -m app.doctor.setup_check
	@$(UNDER_XVFB) $(BIN)/python -m tests.benchmarks

pictures: $(TEST_READY) ## draw the README's pictures anew
	@$(BIN)/python -m app.doctor.setup_check
	@$(UNDER_XVFB) $(BIN)/python -m tests.pictures

doctor: $(RUN_READY) ## what works on this machine, and what mends the rest
	@$(BIN)/somascope doctor || true

clean: ## remove what was built and measured, .venv included
	rm -rf .venv build dist somascope-run bench.json *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find app backends neuromorpho resources tests -name __pycache__ -type d -prune -exec rm -rf {} +

# A stamp is written last, so an installation that failed half-way is taken up again.
$(RUN_READY): pyproject.toml constraints.txt
	@.ci/install .
	@touch $@

$(TEST_READY): pyproject.toml constraints.txt
	@.ci/install '.[test]'
	@touch $(RUN_READY) $@
