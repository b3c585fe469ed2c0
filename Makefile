# Each target works on a fresh machine with Python 3.11 or later, venv and make.

VENV := .venv
BIN := $(VENV)/bin
PYTHON ?= python3
CACHE := $(HOME)/.cache/mpiaudit

# Tests start many processes: what Python compiles is kept.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: demo test lint bless docs bench testbed consumers clean
.DELETE_ON_ERROR:

demo: $(VENV)/.installed ## audit the bundled sample cluster
	@$(BIN)/mpiaudit demo

test: $(VENV)/.developed ## run every test; those of the real programs once they are built
	$(BIN)/pytest -n auto

lint: $(VENV)/.developed ## ruff and mypy, as in continuous integration
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

bless: $(VENV)/.developed ## rewrite the books' golden files, to be read in the diff
	$(BIN)/pytest tests/test_reportbook.py tests/test_rulebook.py --bless

docs: $(VENV)/.developed ## rewrite the index of the rule book, rules/README.md
	$(BIN)/pytest tests/test_rulebook.py -k index --bless

bench: $(VENV)/.developed ## whole-process ratios, measured in one run
	$(BIN)/python bench/run.py
	$(BIN)/python bench/rules.py
	$(BIN)/python bench/network_policy.py

testbed: ## build what tests/cluster runs: a control plane, the controllers (Go; 20 minutes)
	$(PYTHON) tools/testbed/build.py

consumers: $(CACHE)/npm/node_modules/@microsoft/sarif-multitool $(CACHE)/bin/promtool ## programs that read reports, for the tests (npm, Debian)

$(CACHE)/npm/node_modules/@microsoft/sarif-multitool:
	npm install --silent --no-audit --no-fund --prefix $(CACHE)/npm @microsoft/sarif-multitool@5.7.0

$(CACHE)/bin/promtool:
	mkdir -p $(@D)
	cd $(@D) && apt-get download prometheus
	dpkg-deb --fsys-tarfile $(@D)/prometheus_*.deb | tar -x -C $(@D) --strip-components=3 ./usr/bin/promtool
	rm $(@D)/prometheus_*.deb

$(VENV)/.installed: setup.cfg pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --editable .
	touch $@

$(VENV)/.developed: setup.cfg pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[dev]'
	touch $@ $(VENV)/.installed

clean:
	rm -rf $(VENV) build dist *.egg-info
