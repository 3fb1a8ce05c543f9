# Two commands do all the set-up on a fresh machine: `make demo` and `make test`.
# Both make .venv from the hashed lock and name (or, as root on Debian, install) what the system lacks.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.from-lock

.PHONY: demo test fast-test lint engine hunt bench screenshots lock clean system-demo system-test system-engine

demo: system-demo $(STAMP)
	$(BIN)/ctidesk demo

test: system-test $(STAMP) lint
	$(BIN)/pytest

fast-test: $(STAMP)
	$(BIN)/pytest -m "not slow and not pbx and not kills"

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# Our own pjsua2, see installer/engine/README.md; VARIANT=asan: for hunting memory errors.
VARIANT ?= release
engine: system-engine $(STAMP)
	@nice -n 5 $(BIN)/python -m installer.engine --variant $(VARIANT)

# Tests on that variant, and what the sanitizer found: make hunt ARGS="tests/engine -k hostile"
hunt:
	@$(MAKE) --no-print-directory engine VARIANT=asan
	nice -n 5 $(BIN)/python -m installer.engine.hunt $(ARGS)

# make bench NAME=pop ARGS="--quick --json"
bench: $(STAMP)
	$(BIN)/python -m bench $(NAME) $(ARGS)

screenshots: system-test $(STAMP)
	CTIDESK_SCREENSHOTS=$(CURDIR)/screenshots $(BIN)/pytest -q tests/ui

system-demo system-test system-engine: system-%:
	@PYTHON="$(PYTHON)" tools/system-packages.sh $*

$(STAMP): requirements.lock pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --require-hashes --requirement requirements.lock
	$(BIN)/pip install --quiet --no-deps --no-build-isolation --editable .
	touch $(STAMP)

# Needs uv; the lock holds names, versions and hashes, no addresses.
lock:
	uv lock --upgrade
	uv export --format requirements-txt --no-emit-project --group dev --no-header --output-file requirements.lock

clean:
	rm -rf $(VENV) build dist demo-output screenshots .mypy_cache .ruff_cache .pytest_cache .hypothesis
