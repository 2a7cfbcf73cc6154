# Everything a newcomer needs: `make verify`, `make test`. Both set up .venv on first use.
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready

# The tests share the cores by processes, so torch gets one thread in each. Many of them start programs of their own,
# which would all compile this one anew if Python were kept from writing down what it has compiled.
test: export OMP_NUM_THREADS := 1
unexport PYTHONDONTWRITEBYTECODE

.PHONY: verify test lint clean

verify: $(READY)
	$(BIN)/verifier run cases --report html=build/report.html

test: $(READY) lint
	$(BIN)/python -m pytest tests --numprocesses auto --dist worksteal

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

$(READY): pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "verifier needs Python 3.11 or newer: make PYTHON=python3.12")'
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[dev]'
	touch $(READY)

clean:
	rm -rf .venv build .pytest_cache .mypy_cache .ruff_cache
