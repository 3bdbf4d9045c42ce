# Needs Python 3.10 to 3.13 and make. Everything else is installed into .venv; nothing outside this folder changes.
#   make PYTHON=python3.12 setup      to choose the Python; a .venv that is there keeps its own: remove it first

PYTHON ?= python3
PYTEST_ARGS ?= -n auto --dist worksteal
SHELL := /bin/sh
.DEFAULT_GOAL := help

# The workspace has its own environment: settings of another one must not reach it.
unexport PYTHONPATH PYTHONHOME VIRTUAL_ENV CONDA_PREFIX
# Without its bytecode kept, every process would compile TensorFlow anew, which takes longer than loading it.
unexport PYTHONDONTWRITEBYTECODE
export PYTHONUTF8 := 1
# A bare environment (a batch system, cron) may have no PATH at all.
export PATH := $(or $(PATH),/usr/local/bin:/usr/bin:/bin)

BIN := .venv/bin
UV := $(BIN)/uv
RUNTIME := .venv/.installed-runtime
DEV := .venv/.installed-dev
DEV_EXTRAS := baselines,benchmarks,ctlearn,dashboard,logging

# The environment that CTLearn's release asks for: TensorFlow 2.14, which needs Python 3.10 or 3.11.
CTLEARN_BIN := .venv-ctlearn/bin
CTLEARN := .venv-ctlearn/.installed
PYTHON_CTLEARN ?= $(shell for p in $(PYTHON) python3.11 python3.10 $$HOME/.pyenv/versions/3.1[01].*/bin/python; do \
  "$$p" -c 'import sys; sys.exit(sys.version_info[:2] not in ((3, 10), (3, 11)))' 2>/dev/null && { echo "$$p"; break; }; done)
CTLEARN_TESTS := tests/training tests/export/test_ctlearn.py tests/export/test_ctlearn_pieces.py tests/simulation

.PHONY: help setup quickstart test test-ctlearn-env lint bench docs clean

help: ## show this text
	@echo "make TARGET, where TARGET is one of"
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  \1|\2/p' $(MAKEFILE_LIST) | awk -F'|' '{ printf "%-19s %s\n", $$1, $$2 }'

setup: $(DEV) ## install evonas with the tools for tests, lint and docs into .venv

quickstart: $(RUNTIME) ## evolve a network on handwritten digits (minutes) and write its report
	@run="runs/quickstart-$$(date +%Y%m%d-%H%M%S)" && \
	$(BIN)/evonas evolve configs/quickstart.yaml --run-dir "$$run" && \
	$(BIN)/evonas report "$$run" && \
	for page in "$$run"/*.html; do \
	  if [ -f "$$page" ]; then echo; echo "Open in a browser: file://$(CURDIR)/$$page"; fi; \
	done

test: $(DEV) ## run all tests but those that need a GPU or many minutes
	$(BIN)/python -m pytest $(PYTEST_ARGS)

test-ctlearn-env: $(CTLEARN) ## run the training and CTLearn tests with CTLearn's own TensorFlow 2.14 and Keras 2.14
	PYTHONPATH= $(CTLEARN_BIN)/python -m pytest -o filterwarnings=default -p no:cacheprovider $(PYTEST_ARGS) $(CTLEARN_TESTS)

lint: $(DEV) ## check style, types and the layers of the house
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(DEV) ## measure the engine and the trainer on this machine
	$(BIN)/python benchmarks/engine.py
	$(BIN)/python benchmarks/trainer.py

docs: $(DEV) ## build the documentation into site/
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict

clean: ## remove caches and built pages; .venv and runs/ stay
	rm -rf site dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis .benchmarks
	find . -path ./.venv -prune -o -name __pycache__ -type d -prune -exec rm -rf {} +

# --- the environment ---------------------------------------------------------------------------------------------

$(UV):
	@if [ ! -x $(BIN)/python ]; then \
	  $(PYTHON) -c 'import sys; sys.exit(not (3, 10) <= sys.version_info[:2] <= (3, 13))' || { \
	    echo "evonas needs Python 3.10, 3.11, 3.12 or 3.13; '$(PYTHON)' is $$($(PYTHON) --version 2>&1 | tail -n 1)." >&2; \
	    echo "Name another one: make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 1; }; \
	  $(PYTHON) -m venv .venv || { \
	    rm -rf .venv; echo "'$(PYTHON) -m venv' failed; on Debian and Ubuntu it needs the package python3-venv." >&2; exit 1; }; \
	fi
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || $(BIN)/python -m ensurepip
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv

# uv does not read pip's configuration: hand on the package index and the certificates that pip is set to.
define uv_install
@setting() { $(BIN)/python -m pip config list 2>/dev/null | sed -n "s/^global\.$$1='\(.*\)'$$/\1/p"; }; \
index=$${PIP_INDEX_URL:-$$(setting index-url)}; cert=$${PIP_CERT:-$$(setting cert)}; \
if [ -n "$$index" ]; then export UV_DEFAULT_INDEX="$${UV_DEFAULT_INDEX:-$$index}"; fi; \
if [ -n "$$cert" ]; then export SSL_CERT_FILE="$${SSL_CERT_FILE:-$$cert}"; fi; \
export UV_SYSTEM_CERTS=1; \
echo 'uv pip install $(1)'; $(UV) pip install --quiet $(1)
endef

$(RUNTIME): pyproject.toml | $(UV)
	$(call uv_install,--python $(BIN)/python -e ".[ctlearn]")
	@touch $@

$(DEV): pyproject.toml | $(UV)
	$(call uv_install,--python $(BIN)/python -e ".[$(DEV_EXTRAS)]" --group dev)
	@touch $@ $(RUNTIME)

$(CTLEARN): pyproject.toml | $(UV)
	@test -n "$(PYTHON_CTLEARN)" || { \
	  echo "CTLearn's TensorFlow 2.14 needs Python 3.10 or 3.11, and none was found." >&2; \
	  echo "Name one: make PYTHON_CTLEARN=/path/to/python3.11 $(MAKECMDGOALS)" >&2; exit 1; }
	@test -x $(CTLEARN_BIN)/python || "$(PYTHON_CTLEARN)" -m venv --without-pip .venv-ctlearn
	$(call uv_install,--no-config --python $(CTLEARN_BIN)/python -e ".[ctlearn]" --group test)
	@touch $@
