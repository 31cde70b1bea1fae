# Everything a newcomer or a developer does, by name. `make help` lists it.
# On Windows without make, the same commands work by hand: see README.md.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
ifeq ($(OS),Windows_NT)
BIN := $(VENV)/Scripts
endif
PY := $(BIN)/python

.PHONY: help demo test chromium screenshots test-quick check bench figures train train-activities train-functions ladder serve doctor constraints clean

help:  ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "make %-12s %s\n", $$1, $$2}'

demo: $(VENV)/.installed  ## install, then process the three sample sessions and show what comes of them
	$(PY) -m convo demo

test: $(VENV)/.installed check chromium  ## every test, with the real models on real speech (about half an hour)
	$(PY) -m pytest -n 2 --dist loadscope -m "not speed"
	$(PY) -m pytest -m speed

chromium: $(VENV)/.installed  ## a browser for the tests of the page, where it can be installed
	@$(PY) tests/web/chromium.py

screenshots: export CONVO_PICTURES := build/screenshots
screenshots: $(VENV)/.installed chromium  ## a picture of every page in build/screenshots, and the three of the README
	$(PY) -m pytest -m browser tests/web/browser
	$(PY) docs/pictures.py

test-quick: $(VENV)/.installed  ## the tests that load no model
	$(PY) -m pytest -n 2 --dist loadscope -m "not slow and not speed"

check: $(VENV)/.installed  ## format, lint, types, and which module may import which
	$(PY) -m ruff format --check .
	$(PY) -m ruff check .
	$(PY) -m mypy
	$(BIN)/lint-imports

bench: $(VENV)/.installed  ## speed and memory, stage by stage, beside a plain script of the same models
	$(PY) -m convo.bench

bench-pages: $(VENV)/.installed  ## how fast every page answers with 10,000 sessions and four people browsing
	$(PY) tests/web/crowd.py build/crowd --seconds 180

figures: $(VENV)/.installed  ## measure everything on the cases in CASES=FOLDER and write it into README.md
	mkdir -p build
	$(PY) -m convo score $(CASES) --json build/score.json
	$(PY) -m convo.bench --json build/bench.json
	$(PY) -m convo.bench --only ours --minutes 60 --json build/memory.json
	$(PY) docs/figures.py build/score.json build/bench.json build/memory.json

train: $(VENV)/.installed  ## make the phase model anew from data/training (an hour); EXTRA=FOLDER adds your own sessions
	$(PY) -m convo.training $(if $(EXTRA),--extra "$(EXTRA)")

train-activities: $(VENV)/.installed  ## make the weights of finding inter-sessional activities anew from data/training
	$(PY) -m convo.training.activities

train-functions: $(VENV)/.installed  ## fit the weights in configs/functions.toml to the coded sessions (a minute); EXTRA=FOLDER adds your own
	$(PY) -m convo.training.functions $(if $(EXTRA),--extra "$(EXTRA)")

ladder: $(VENV)/.installed  ## compare all methods of finding phases on CASES=FOLDER and write it into docs/phases.md
	$(PY) -m convo.training.ladder $(CASES)

serve: $(VENV)/.installed  ## the page, on this machine only: add recordings, watch them work, read them
	$(PY) -m convo serve

doctor: $(VENV)/.installed  ## what works on this machine, and the remedy for what does not
	$(PY) -m convo doctor

constraints: $(VENV)/.installed  ## write the installed versions into constraints.txt
	( echo "# Exact versions with which convo is tested on Python 3.11. Made by: make constraints"; \
	  $(PY) -m pip freeze --exclude-editable --exclude convo | sort -f ) > constraints.new
	mv constraints.new constraints.txt

clean:  ## remove the environment; data/var stays
	rm -rf $(VENV)

$(VENV)/.installed: pyproject.toml constraints.txt
	@$(PYTHON) -c "import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))" \
	  || { echo "convo needs Python 3.11 to 3.13, and $(PYTHON) is `$(PYTHON) --version`: make PYTHON=python3.11 $(MAKECMDGOALS)"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	@echo "Installing (a few minutes the first time) ..."
	$(PY) -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable ".[bundled,train,dev]"
	@$(PY) -c "open('$(VENV)/.installed', 'w').close()"
