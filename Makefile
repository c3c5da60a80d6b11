# Each step writes a stamp file to .venv and is skipped until its inputs change.
# The same words work by hand and in CI; the tools' settings are in pyproject.toml
# and Cargo.toml.

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.SUFFIXES:
.PHONY: help demo test test-fast test-all test-newest test-oldest test-neural lint fmt types build wheel lock bench bench-core meta-db meta-pack check clean

# The first of these that is new enough; `make PYTHON=/path/to/python` chooses another.
PYTHONS := python3 python3.14 python3.13 python3.12 python3.11 python
VENV    := .venv
BIN     := $(VENV)/bin
PIP     := $(BIN)/python -m pip --disable-pip-version-check
# Versions and hashes of all that is installed here; `make lock` renews them.
LOCKS   := locks
# For which machines uv resolves them, and which versions it prefers.
RESOLUTION := --universal --python-version 3.11
# Only what the lock names is installed, and nothing else is fetched for a build.
INSTALL := $(PIP) install --quiet --require-hashes --no-build-isolation --only-binary :all: --no-binary liac-arff
PLUGINS := $(wildcard plugins/*/pyproject.toml)
SOURCES := $(dir $(wildcard plugins/*/src/*/__init__.py))
RUST    := $(shell find rust -name '*.rs' -o -name Cargo.toml 2>/dev/null)

# Many tests wait for processes; a file's tests stay together, for they share fixtures.
BUILT_IN := not (lightgbm or xgboost or catboost or explainable_boosting or text_svd)
PARALLEL := --numprocesses=auto --maxprocesses=4 --dist=loadfile --no-loadscope-reorder

export VIRTUAL_ENV := $(CURDIR)/$(VENV)
# Tests start hundreds of processes; where this is set, each compiles headstart anew.
unexport PYTHONDONTWRITEBYTECODE

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: $(VENV)/.plugins ## Train 30 s on a real dataset, show what was found, save, reload, predict
	$(BIN)/python examples/demo.py

test: $(VENV)/.plugins $(VENV)/.test ## All tests but the slow ones: Rust, Python, plugins, docs
	cargo test --locked --package headstart-core
	$(BIN)/python -m pytest -m "not slow" --durations=20 $(PARALLEL)

test-fast: $(VENV)/.plugins $(VENV)/.test ## Unit tests and the conformance of built-in learners, transforms and metrics
	$(BIN)/python -m pytest -m "not slow" tests/unit tests/conformance/test_learners.py \
	  tests/conformance/test_transforms.py -k "$(BUILT_IN)" $(PARALLEL)

test-all: $(VENV)/.plugins $(VENV)/.test ## All tests, the slow ones too
	cargo test --locked --package headstart-core
	$(BIN)/python -m pytest $(PARALLEL)

test-newest: ## The tests with the newest versions that the ranges allow, in .venv-newest
	$(MAKE) lock LOCKS=target/newest RESOLUTION='--python $(BIN)/python'
	$(MAKE) test VENV=.venv-newest LOCKS=target/newest

test-oldest: ## The tests with the oldest versions that the ranges allow, in .venv-oldest
	$(MAKE) lock LOCKS=target/oldest RESOLUTION='--python $(BIN)/python --resolution lowest-direct'
	$(MAKE) test VENV=.venv-oldest LOCKS=target/oldest

test-neural: $(VENV)/.plugins $(VENV)/.test ## The nets of headstart-neural; installs torch (gigabytes)
	$(PIP) install --quiet --editable 'plugins/headstart-neural[torch]'
	$(BIN)/python -m pytest plugins/headstart-neural

lint: types ## Formatting, lint, types and layers, of Python and Rust
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	cargo fmt --all --check
	cargo clippy --locked --workspace --all-targets -- -D warnings

types: $(VENV)/.plugins $(VENV)/.lint ## mypy on the package and its plugins; _core.pyi against the extension
	$(BIN)/mypy
	$(BIN)/mypy $(SOURCES)
	$(BIN)/python -m mypy.stubtest headstart._core

fmt: $(VENV)/.lint ## Format Python and Rust, fix what the linter can fix
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	cargo fmt --all

build: $(VENV)/.extension ## Build the release extension into .venv

wheel: $(VENV)/.build ## Wheels of headstart and of its plugins, in dist/
	$(BIN)/maturin build --release --locked --out dist
	$(PIP) wheel --quiet --no-deps --wheel-dir dist $(dir $(PLUGINS))

lock: $(VENV)/.python ## Renew the pinned versions in locks/, for all platforms and Pythons
	$(PIP) install --quiet --group lock
	PATH="$(CURDIR)/$(BIN):$$PATH" sh .ci/lock $(LOCKS) --upgrade $(RESOLUTION)

bench: $(VENV)/.plugins $(VENV)/.bench ## Quality and time limits against peers; about an hour, see benchmarks/README.md
	$(BIN)/python benchmarks/automl.py
	$(BIN)/python benchmarks/time_limit.py
	$(BIN)/python benchmarks/pool.py

bench-core: $(VENV)/.extension $(VENV)/.bench ## The Rust core against its peers, kernel by kernel; about three minutes
	$(BIN)/python benchmarks/core.py $(if $(JSON),--json $(JSON))

meta-db: $(VENV)/.plugins ## Evaluate the grid on HEADSTART_DATASETS (hours; resumable), pack the base
	$(BIN)/headstart meta evaluate "$${HEADSTART_DATASETS:?names the folder of datasets}/manifest.json" \
	  --families meta_db/families.json --output meta_db/data --rows 2000 \
	  $(addprefix --after ,generated_features target_encoding count_encoding column_selection)
	$(MAKE) meta-pack

meta-pack: $(VENV)/.plugins ## Make the shipped base of the shards in meta_db/data
	$(BIN)/headstart meta pack meta_db/data/*.jsonl \
	  --output python/headstart/meta/data/base.db > meta_db/base.sha256

check: lint test ## All that must pass before a change goes in

clean: ## Remove everything that was built, .venv too
	rm -rf .venv .venv-newest .venv-oldest target dist build .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find python plugins tests -name __pycache__ -prune -exec rm -rf {} +
	rm -f python/headstart/_core*.so

# --- steps ---------------------------------------------------------------------------

$(VENV)/.python: $(LOCKS)/build.txt
	@sh .ci/make-venv $(VENV) $(or $(PYTHON),$(PYTHONS))
	$(INSTALL) --requirement $(LOCKS)/build.txt
	@touch $@

$(VENV)/.build: $(LOCKS)/run.txt $(VENV)/.python
	@sh .ci/find-rust
	$(INSTALL) --requirement $(LOCKS)/run.txt
	@touch $@

$(VENV)/.extension: $(RUST) Cargo.toml Cargo.lock pyproject.toml $(VENV)/.build
	$(BIN)/maturin develop --release --locked
	@touch $@

$(VENV)/.plugins: $(PLUGINS) $(VENV)/.extension
	$(PIP) install --quiet --no-deps --no-build-isolation $(patsubst %/pyproject.toml,--editable %,$(PLUGINS))
	@touch $@

$(VENV)/.test: $(LOCKS)/test.txt $(VENV)/.python
	$(INSTALL) --requirement $(LOCKS)/test.txt
	@touch $@

$(VENV)/.bench: pyproject.toml $(VENV)/.python
	$(PIP) install --quiet --group bench
	@touch $@

$(VENV)/.lint: $(LOCKS)/lint.txt $(VENV)/.python
	$(INSTALL) --requirement $(LOCKS)/lint.txt
	@touch $@
