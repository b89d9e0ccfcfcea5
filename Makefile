# Everything happens in .venv, made from constraints.txt: `make demo`, `make test`, `make check`, `make docs`.
PYTHON ?= python3
BIN := .venv/bin
RUN ?= runs/demo
# Tests run side by side, one thread each: their nets are too small to share the work of one.
TESTS := -n logical --dist worksteal

.PHONY: demo test check docs env clean

demo: env
	$(BIN)/dcgan demo --out $(RUN)

test: env
	OMP_NUM_THREADS=1 $(BIN)/pytest $(TESTS)

check: env docs
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# The site, build/site/index.html; a broken link or a name without a page is an error.
docs: env
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict

env: .venv/installed

.venv/installed: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "dcgan needs Python 3.11 or newer; this is $$($(PYTHON) --version). Name another: make PYTHON=python3.12 ..."; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[demo,metrics,video,audio,features,lmdb,hub,formats,faces,cluster,download,inpaint,export,studio,dev]'
	@touch $@

clean:
	rm -rf .venv build .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
