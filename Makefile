# Visual DNA Studio. `make` lists what there is.

PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11 python; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && { echo $$p; break; }; done)
VENV_PYTHON := .venv/bin/python
TESTS ?= tests
ARGS ?=
WORKERS ?= 3

.PHONY: help setup run test test-long test-ray check coverage lock clean

help:
	@echo 'make run      open the dashboard (PORT=8501, HEADLESS=1 opens no browser, TOKEN=0 asks for no token)'
	@echo 'make test     run the tests (TESTS=tests/dna/test_histogram.py, ARGS="-k merge", WORKERS=0: one after the other)'
	@echo 'make check    lint, format, types and the order of rooms (make test runs it first)'
	@echo 'make coverage run the tests and say how much of dnacore and ui they reach'
	@echo 'make test-long run the nets of faults and hostile files whole (about an hour)'
	@echo 'make test-ray get Ray (250 MB) and run the tests that need it'
	@echo 'make setup    only prepare .venv (CPU=1 leaves out several GB of CUDA, PYTHON=python3.12)'
	@echo 'make lock     pin the newest versions in requirements*.txt (KEEP=1 keeps those pinned)'
	@echo 'make clean    remove .venv and caches; your workspace is not touched'
	@echo
	@echo 'run and test prepare .venv themselves.'

.needs-python:
	@[ -n "$(PYTHON)" ] || { echo 'Set-up stopped. Python 3.11 or newer was not found. Install it, or name it with' \
	'`make setup PYTHON=/path/to/python3.12`.' >&2; exit 2; }
.PHONY: .needs-python

setup: .needs-python
	@$(PYTHON) -m tools.prepare

# Loopback, no telemetry and no question for an e-mail address: .streamlit/config.toml.
# TOKEN: only 0 counts, since other programs' secrets stand in variables of that name, and this one prints its token.
# The address with its token is printed and opened by the program itself (ui/server/doorstep.py), not by Streamlit.
run: setup
	@$(if $(filter 0,$(TOKEN)),VISUAL_DNA_TOKEN=0) VISUAL_DNA_OPEN=$(if $(filter 1,$(HEADLESS)),0,1) \
		exec $(VENV_PYTHON) -m streamlit run app.py $(if $(PORT),--server.port=$(PORT)) --server.headless=true

check: .needs-python
	@$(PYTHON) -m tools.prepare --tests
	@$(VENV_PYTHON) -m tools.check

# The whole suite runs in three processes, also on two cores, each file in one of them: a browser test waits half its
# time. The longest files come first (tests/conftest.py), so that no process is left with one at the end.
# It is checked first; both run to the end, so that one finding does not hide another.
# make's own exit code is 2 for every failure; .ci/run reads the true one from the file STATUS.
test: .needs-python
	@$(PYTHON) -m tools.prepare --tests
	@checked=0; $(if $(filter tests,$(TESTS)),$(VENV_PYTHON) -m tools.check || checked=1;) \
		$(VENV_PYTHON) -m pytest $(if $(filter tests,$(TESTS)),-n $(WORKERS) --dist loadfile --no-loadscope-reorder) $(ARGS) $(TESTS); code=$$?; \
		if [ $$code = 0 ] && [ $$checked = 1 ]; then echo '`make check` found something: see above.' >&2; code=1; fi; \
		if [ -n "$(STATUS)" ]; then echo $$code > "$(STATUS)"; fi; exit $$code

coverage: .needs-python
	@$(MAKE) --no-print-directory test ARGS="--cov=dnacore --cov=ui --cov-report=term:skip-covered $(ARGS)"

# Every fault point and thousands of hostile files, of which `make test` tries a sample (VISUAL_DNA_SEED chooses it).
test-long: .needs-python
	@$(PYTHON) -m tools.prepare --tests
	@VISUAL_DNA_LONG=1 $(VENV_PYTHON) -m pytest -o faulthandler_timeout=1800 $(ARGS) tests/faults tests/hostile tests/workspace/test_reliability.py

# Ray is an optional extra (docs/scale.md); without it these tests are skipped.
test-ray: .needs-python
	@$(PYTHON) -m tools.prepare --tests
	@$(VENV_PYTHON) -m pip install --quiet --no-deps --require-hashes -r requirements-ray.txt
	@$(VENV_PYTHON) -m pytest $(ARGS) tests/extraction/test_ray.py

lock: .needs-python
	@$(PYTHON) -m tools.lock $(if $(filter 1,$(KEEP)),--keep)

clean:
	rm -rf .venv .pytest_cache .hypothesis .mypy_cache .ruff_cache .import_linter_cache .coverage build dist *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
