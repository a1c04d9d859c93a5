# demo, test, lint and bench make the virtual environment by themselves; only make and Python (or uv) must be there.
# Another Python: make test PYTHON=/path/to/python VENV=.venv-other. Some tests only: make test ARGS=tests/core.

VENV ?= .venv
PYTHON ?=
WORKERS ?= auto
ARGS ?=
SPARK ?= $(VENV)/.spark
BIN := $(VENV)/bin
WHEEL_PYTHON ?= $(abspath $(BIN)/python)

.PHONY: demo test test-all lint format bench wheel wheel-test constraints clean

demo: $(VENV)/.ready
	@$(BIN)/smb-monitor demo $(ARGS)

test: $(VENV)/.ready $(SPARK)
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadgroup $(ARGS)

# Everything: what `make test` tries by an example of each kind, in every combination, at every step and on both databases.
test-all: $(VENV)/.ready $(SPARK)
	EXAMPLES=25 $(BIN)/python -m pytest -n $(WORKERS) --dist loadgroup -m "not wheel" $(ARGS)

lint: $(VENV)/.ready
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(VENV)/.ready
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

bench: $(VENV)/.ready
	$(BIN)/python benchmarks/run.py $(ARGS)

wheel: $(VENV)/.ready
	rm -rf dist
	$(BIN)/python -m build --wheel --no-isolation --outdir dist . >/dev/null
	@ls dist/*.whl

# The wheel in an environment of its own, with what it asks for itself and nothing of the development tools.
wheel-test: wheel
	.ci/install-wheel $(VENV)-wheel $(WHEEL_PYTHON) dist/*.whl
	SMB_MONITOR_WHEEL_VENV=$(abspath $(VENV)-wheel) $(BIN)/python -m pytest -m wheel tests/packaging $(ARGS)

COMPILE := uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	--custom-compile-command 'make constraints'
SPARK_EXTRA := import tomllib; print(*tomllib.load(open('pyproject.toml', 'rb'))['project']['optional-dependencies']['spark'])

# The newest versions within the bounds of pyproject.toml; needs uv.
constraints: $(VENV)/.ready
	$(COMPILE) pyproject.toml --extra postgres --extra salesforce --extra hubspot --group dev -o constraints.txt
	$(BIN)/python -c "$(SPARK_EXTRA)" | $(COMPILE) - -o constraints-spark.txt

clean:
	rm -rf $(VENV) $(VENV)-wheel dist build .mypy_cache .ruff_cache .pytest_cache .import_linter_cache

$(VENV)/.ready: pyproject.toml constraints.txt .ci/venv .ci/requirements
	@echo "setting up $(VENV) ..."
	@.ci/venv $(VENV) $(PYTHON)
	@touch $@

$(VENV)/.spark: $(VENV)/.ready constraints-spark.txt .ci/requirements
	@echo "fetching Spark ..."
	@.ci/requirements $(VENV) constraints-spark.txt
	@touch $@
