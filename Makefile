# `make demo` and `make test` require Python 3.11+ and make; everything else is installed into .venv.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
LOWEST := .venv-lowest
# The demo requires the library with plots and the flights data; tests also require the tools and all extras.
READY  := $(VENV)/.ready
TOOLS  := $(VENV)/.tools
DOCS   := $(VENV)/.docs

.PHONY: demo test test-slow test-lowest check docs fuzz bench quality clean

demo: $(READY)
	$(BIN)/tabemb run configs/demo.yaml --force

test: $(TOOLS)
	$(BIN)/python -m pytest -n 2 --dist worksteal -m "not slow" --durations=40 --durations-min=4

# What takes long by its nature: claims about many rows, whole examples, benchmarks on small sizes.
test-slow: $(TOOLS)
	$(BIN)/python -m pytest -n 2 --dist worksteal -m slow --durations=20 --durations-min=10

# The lowest versions of the dependencies that pyproject.toml allows, in an environment of their own.
test-lowest: $(LOWEST)/.ready
	$(LOWEST)/bin/python -m pytest tests/test_smoke.py -o addopts="--import-mode=importlib" -o filterwarnings="" -q

$(LOWEST)/.ready: pyproject.toml
	test -x $(LOWEST)/bin/python || $(PYTHON) -m venv $(LOWEST)
	$(LOWEST)/bin/python -m pip install --quiet uv
	$(LOWEST)/bin/uv pip install --quiet --python $(LOWEST)/bin/python --resolution lowest-direct \
		--editable ".[plot,polars]" "pytest>=8.3"
	touch $@

check: $(TOOLS)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/python -m pytest -n 2 --dist worksteal

# The documentation, in docs/_build/html; no page needs the network. GALLERY=run also runs the examples, which takes
# about ten minutes on two cores.
docs: $(DOCS)
	$(BIN)/python -m sphinx -b html -W --keep-going docs docs/_build/html

$(DOCS): $(READY)
	$(BIN)/python -m pip install --quiet --group docs
	touch $@

# 50,000 damaged files for all readers; about ten minutes on two cores. FUZZ_SEED=1 makes others.
fuzz: $(TOOLS)
	FUZZ_INPUTS=50000 $(BIN)/python -m pytest -n 2 tests/test_fuzz.py

# Each benchmark prints a table and writes benchmarks/results/NAME.json; together they take about an hour on two cores.
bench: $(TOOLS)
	$(BIN)/python benchmarks/train_speed.py
	$(BIN)/python benchmarks/fit_end_to_end.py
	$(BIN)/python benchmarks/encode_speed.py
	$(BIN)/python benchmarks/transform_speed.py
	$(BIN)/python benchmarks/predict_speed.py
	$(BIN)/python benchmarks/first_answer.py
	$(BIN)/python benchmarks/memory.py
	$(BIN)/python benchmarks/progress_bar.py
	$(BIN)/python benchmarks/nearest.py
	$(BIN)/python benchmarks/formats.py
	$(BIN)/python benchmarks/read_tables.py

# Ten tables in TABEMB_DATA, against LightGBM, CatBoost and others; more than an hour on two cores for one seed.
quality: $(TOOLS)
	$(BIN)/python -m pip install --quiet --group bench
	$(BIN)/python benchmarks/quality.py

$(READY): pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed, this is " + sys.version.split()[0] if sys.version_info < (3, 11) else 0)'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade "pip>=25.1"
	$(BIN)/python -m pip install --quiet --editable ".[plot,data]"
	touch $@

$(TOOLS): $(READY)
	$(BIN)/python -m pip install --quiet --editable ".[plot,polars,data,index,milvus,lancedb]" --group dev
	touch $@

clean:
	rm -rf $(VENV) $(LOWEST) docs/_build docs/gallery docs/reference/generated .pytest_cache .mypy_cache .ruff_cache .hypothesis
