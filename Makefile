# MCLD Studio: `make run` starts it, `make test` checks it. Windows without make: see README.md.

PYTHON ?= python3
VENV   ?= .venv
# A pip index to take torch from, e.g. https://download.pytorch.org/whl/cpu on Linux without an NVIDIA card.
TORCH_INDEX ?=
# The releases and their hashes that are installed; empty (make run LOCK=) goes by requirements.txt alone.
LOCK ?= requirements.lock

PY  := $(VENV)/bin/python
PIP := $(PY) -m pip install -qq --disable-pip-version-check $(if $(TORCH_INDEX),--extra-index-url $(TORCH_INDEX))

TOOLS := $(VENV)/tools

.PHONY: help run test lint bench samples schema lock audit
.DEFAULT_GOAL := help

help:
	@echo "make run      install what is missing and serve the studio at http://127.0.0.1:7860"
	@echo "make test     install what the tests need, lint, and run all tests"
	@echo "make lint     ruff, and which room may import which"
	@echo "make bench    time the body, the network and the page (on a GPU also: python -m mcld_app.bench gpu)"
	@echo "make samples  draw the sample people and garments of assets/ again"
	@echo "make schema   write the JSON schemas of recipes (docs/) and of training runs (configs/) again"
	@echo "make lock     write requirements.lock again, after a change of requirements.txt (needs a network)"
	@echo "make audit    ask PyPI what is known to be unsafe in requirements.lock (needs a network)"

# Without a network the page runs all the same, says what is missing, and offers to fetch it.
run: $(VENV)/.installed
	@$(PY) -m mcld_app download body || true
	@$(PY) app.py

test: lint
	@$(PY) tests/get_chromium.py
	@OMP_NUM_THREADS=1 $(PY) -m pytest -n 2 --dist loadfile --no-loadscope-reorder

lint: $(VENV)/.installed-dev
	@$(PY) -m ruff check .
	@$(VENV)/bin/lint-imports --no-logo

bench: $(VENV)/.installed
	@$(PY) -m mcld_app.bench body && $(PY) -m mcld_app.bench network && $(PY) -m mcld_app.bench page

samples: $(VENV)/.installed
	@PYTHONPATH=. $(PY) tools/make_samples.py

schema: $(VENV)/.installed
	@$(PY) -m mcld_app.editing.recipe.schema > docs/recipe.schema.json
	@$(PY) -m mcld_app.training.config > configs/schema.json

lock: $(TOOLS)/.installed
	@$(TOOLS)/bin/python tools/make_lock.py $(TOOLS)/bin/uv

audit: $(TOOLS)/.installed
	@$(TOOLS)/bin/pip-audit --disable-pip --require-hashes --progress-spinner off -r requirements.lock

# The stamps are younger than the requirements they stand for, so pip runs only when those change.
$(VENV)/.installed: requirements.txt $(LOCK) | $(PY)
	@echo "Installing requirements.txt into $(VENV) (the first time takes some minutes) ..."
ifneq ($(LOCK),)
	@$(PIP) --no-deps --require-hashes -r $(LOCK) || { echo "$(LOCK) could not be installed. Where pip said that" \
		"hashes do not match, do not go on unless you know why. Where your index has other builds: make run LOCK="; exit 1; }
endif
	@$(PIP) -r requirements.txt
	@$(PY) -c "import cv2" || { echo "OpenCV cannot start. On a bare Debian or Ubuntu install its two system" \
		"libraries: apt-get install libgl1 libglib2.0-0"; exit 1; }
	@touch $@

$(VENV)/.installed-dev: requirements-dev.txt requirements-video.txt requirements-provenance.txt $(VENV)/.installed
	@echo "Installing requirements-dev.txt into $(VENV) ..."
	@$(PIP) -r requirements-dev.txt
	@touch $@

$(PY):
	@$(PYTHON) -c "import sys; sys.exit(not (3, 10) <= sys.version_info[:2] <= (3, 13))" || { \
		echo "MCLD Studio needs Python 3.10 to 3.13. Point make at one: make run PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); exit 1; }

# Not among the studio's packages, which they would bring others of.
$(TOOLS)/.installed: | $(PY)
	@$(PY) -m venv $(TOOLS)
	@$(TOOLS)/bin/python -m pip install -qq --disable-pip-version-check uv==0.13.9 pip-audit==2.10.1
	@touch $@
