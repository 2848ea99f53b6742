# Needs python3 (3.11 or later), pip and make. Everything else goes into .venv.
PYTHON ?= python3
WORKERS ?= 2
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
DEMO := demo

.PHONY: help install test lint format docs slow lowest demo clean
.DELETE_ON_ERROR:

help:
	@echo "make demo     install, derive, verify, train and report: a page to look at"
	@echo "make test     install, lint, types, tests: the gate"
	@echo "make docs     write the generated pages and the outputs shown in docs/ anew"
	@echo "make slow     the tests that the gate leaves out (minutes, network)"
	@echo "make lowest   derive and verify with the oldest dependencies that are supported"
	@echo "make lint     ruff and mypy        make format   let ruff rewrite"
	@echo "make clean    remove .venv and everything generated"

install: $(STAMP)

# Only when the dependencies changed: the install is editable, so sources need none.
$(STAMP): pyproject.toml constraints.txt
	@$(PYTHON) -c "import sys; sys.exit(sys.version_info < (3, 11) and \
	'contragrad needs Python 3.11 or later; this is ' + sys.version.split()[0] + \
	'. Name another with: make PYTHON=python3.11')"
	@echo "Installing into $(VENV) (one to three minutes)"
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check \
		-c constraints.txt -e '.[all,dev]'
	@touch $@

lint: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: install
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# One thread a process: the processes share the cores.
test: lint
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n $(WORKERS)

# Review the difference: a test fails until what is shown is what the programs print.
docs: install
	$(BIN)/python docs/catalogue.py
	$(BIN)/python -m tests.derive.test_tutorial
	$(BIN)/python -m tests.derive.test_guide

slow: install
	$(BIN)/python -m pytest -m slow

# Every `>=` of the base and of the extra `verify`, taken as `==`.
lowest: install
	$(BIN)/python -c "import re, tomllib; \
	p = tomllib.load(open('pyproject.toml', 'rb'))['project']; \
	wanted = p['dependencies'] + p['optional-dependencies']['verify']; \
	print(*(re.sub(r'>=([^,]*).*', r'==\1', x) for x in wanted), sep='\n')" > $(VENV)/lowest.txt
	$(PYTHON) -m venv --clear $(VENV)-lowest
	$(VENV)-lowest/bin/python -m pip install --quiet --disable-pip-version-check \
		-c $(VENV)/lowest.txt -e '.[verify]'
	$(VENV)-lowest/bin/python -m pytest tests/derive tests/verify

# One loss of each kind: all of them take some minutes.
SHOWN = $(addprefix --loss ,infonce ntxent met vicreg mvicreg alpha_triplet)

demo: install
	$(BIN)/derive show --loss vicreg
	$(BIN)/verify run $(SHOWN)
	rm -rf $(DEMO)
	$(BIN)/train run --loss mvicreg --steps 60 --out $(DEMO)/run
	$(BIN)/reports build --run $(DEMO)/run --out $(DEMO) $(SHOWN)
	@echo
	@echo "The page: $(CURDIR)/$(DEMO)/index.html"

clean:
	rm -rf $(VENV) $(VENV)-lowest $(DEMO) build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find derive verify train reports tests -name __pycache__ -type d -prune -exec rm -rf {} +
