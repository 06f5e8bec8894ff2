# The two commands of the README, and the habits of a developer. `make` alone lists them.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

PYTHON ?= python3
VENV := .venv
LOCK := requirements/dev.lock
READY := $(VENV)/.ready
RUN := PATH="$(CURDIR)/$(VENV)/bin:$$PATH"
CORES ?= all

.PHONY: help demo test bench check lock clean

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 18

# The lock is the stamp: made again when it changes, and only then.
$(READY): $(LOCK) pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' \
		|| { echo "facebank needs Python 3.11, 3.12 or 3.13; $(PYTHON) is $$($(PYTHON) -V). Name another: make PYTHON=python3.12" >&2; exit 2; }
	@$(PYTHON) -c 'import ensurepip, venv' \
		|| { echo "$(PYTHON) has no venv: install your system's package, such as python3-venv." >&2; exit 2; }
	@echo "Installing the locked packages into $(VENV) ..."
	@rm -rf $(VENV)
	@$(PYTHON) -m venv $(VENV)
	@$(VENV)/bin/pip install --quiet --disable-pip-version-check --require-hashes -r $(LOCK)
	@$(VENV)/bin/pip install --quiet --disable-pip-version-check --no-deps --no-index --no-build-isolation --editable .
	@$(VENV)/bin/python -c 'import cv2' 2> $(VENV)/cv2.log \
		|| { cat $(VENV)/cv2.log >&2; \
		     grep -q libGL $(VENV)/cv2.log && echo "OpenCV needs libGL: install your system's package, libgl1 on Debian and Ubuntu." >&2; \
		     grep -qE 'libgthread|libglib' $(VENV)/cv2.log && echo "OpenCV needs glib: install your system's package, libglib2.0-0 on Debian and Ubuntu." >&2; \
		     exit 2; }
	@touch $@

demo: $(READY) ## make the demo's photos and videos, build everything, say where it is
	@$(RUN) facebank make-demo --output-dir resources/demo
	@$(RUN) snakemake --cores $(CORES)
	@$(RUN) facebank summarise

test: $(READY) ## run the tests (under 5 minutes)
	@$(RUN) pytest

bench: $(READY) ## measure how fast it is, and compare with the run before (half an hour)
	@$(RUN) python benchmarks/run.py

check: $(READY) ## linters, types, workflow lint, generated files
	@$(RUN) ruff check .
	@$(RUN) ruff format --check .
	@$(RUN) mypy
	@$(RUN) snakefmt --check Snakefile workflow/rules
	@$(RUN) codespell
	@$(RUN) facebank document-config --check
	@$(RUN) facebank make-demo --output-dir resources/demo
	@$(RUN) snakemake --lint

lock: ## compile the hash-locked requirements again (needs uv)
	@for name in cpu dev; do \
		uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url \
			requirements/$$name.in --output-file requirements/$$name.lock; \
	done

clean: ## remove what was built, but neither the cache nor .venv
	@rm -rf results/*/ results/.[a-z]*/ resources/demo .snakemake
