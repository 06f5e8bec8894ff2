# The two commands of the README, and the habits of a developer. `make` alone lists them.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

PYTHON ?= python3
VENV := .venv
LOCK := requirements/dev.lock
READY := $(VENV)/.ready
BROWSER_LOCK := requirements/browser.lock
BROWSER_READY := $(VENV)/.browser
GPU_VENV := .venv-gpu
GPU_LOCK := requirements/gpu.lock
GPU_READY := $(GPU_VENV)/.ready
TORCH_VENV := .venv-torch
TORCH_LOCK := requirements/retinaface-pytorch.lock
TORCH_READY := $(TORCH_VENV)/.ready
RUN := PATH="$(CURDIR)/$(VENV)/bin:$$PATH"
CORES ?= all

.PHONY: help demo test test-browser test-deep test-laws test-slurm test-torch torch-env gpu-env bench docs check lock licences clean

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 18

# The lock is the stamp: made again when it changes, and only then.
$(READY): $(LOCK) pyproject.toml
	@command -v $(PYTHON) > /dev/null \
		|| { echo "There is no $(PYTHON) here. Name a Python 3.11, 3.12 or 3.13 that is installed: make PYTHON=python3.12" >&2; exit 2; }
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' \
		|| { echo "facebank needs Python 3.11, 3.12 or 3.13; $(PYTHON) is $$($(PYTHON) -V). Name another: make PYTHON=python3.12" >&2; exit 2; }
	@$(PYTHON) -c 'import ensurepip, venv' \
		|| { echo "$(PYTHON) has no venv: install your system's package, such as python3-venv." >&2; exit 2; }
	@echo "Installing the locked packages into $(VENV) ..."
	@rm -rf $(VENV)
	@$(PYTHON) -m venv $(VENV)
	@$(VENV)/bin/pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r $(LOCK)
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

test: $(READY) ## run the tests (five minutes on two quiet cores)
	@$(RUN) pytest --numprocesses 2 --dist loadfile --no-loadscope-reorder

test-laws: $(READY) ## hold every law to all its examples, of which the tests try some (half a minute)
	@$(RUN) pytest -m hypothesis tests/unit --hypothesis-profile thorough --numprocesses 2

test-deep: $(READY) test-laws ## run the matrices of builds too, and print them as tables (twenty minutes on two cores)
	@$(RUN) pytest -m deep tests/deep tests/fuzz tests/workflow --numprocesses 2 --dist worksteal

$(BROWSER_READY): $(READY) $(BROWSER_LOCK)
	@echo "Installing what drives a browser into $(VENV) ..."
	@$(VENV)/bin/pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r $(BROWSER_LOCK)
	@touch $@

test-browser: $(BROWSER_READY) demo ## open the demo's report in headless Chromium: screenshots, faults, accessibility
	@$(RUN) pytest tests/browser

# What jobs read and write must be where the nodes see it: in the checkout, as a cluster would have it.
test-slurm: $(READY) ## run the demo through SLURM: the cluster that is here, or one started for it (root, Debian)
	@$(RUN) pytest -m slurm tests/slurm --basetemp=.slurm-tests

# The family retinaface-pytorch asks for a torch that no supported Python has: it goes beside another, without asking.
$(TORCH_READY): $(LOCK) $(TORCH_LOCK) pyproject.toml
	@$(PYTHON) -c 'import platform, sys; sys.exit((*sys.version_info[:2], platform.machine()) != (3, 11, "x86_64"))' \
		|| { echo "$(TORCH_LOCK) holds a torch for Python 3.11 on x86-64; $(PYTHON) is another. Name one: make PYTHON=python3.11" >&2; exit 2; }
	@echo "Installing the locked packages and torch into $(TORCH_VENV) ..."
	@rm -rf $(TORCH_VENV)
	@$(PYTHON) -m venv $(TORCH_VENV)
	@$(TORCH_VENV)/bin/pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r $(LOCK)
	@$(TORCH_VENV)/bin/pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r $(TORCH_LOCK) \
		|| { echo "If pip found no CPU build of torch: let PIP_FIND_LINKS or PIP_EXTRA_INDEX_URL name a place that has it." >&2; exit 2; }
	@$(TORCH_VENV)/bin/pip install --quiet --disable-pip-version-check --no-deps --no-index --no-build-isolation --editable .
	@touch $@

torch-env: $(TORCH_READY) ## make .venv-torch, in which detectors of the family retinaface-pytorch run

test-torch: $(TORCH_READY) ## run the tests of the family retinaface-pytorch, in .venv-torch
	@$(TORCH_VENV)/bin/python -m pytest -m torch tests/torch

# ONNX Runtime for the CPU and for CUDA must not stand side by side.
$(GPU_READY): $(GPU_LOCK) pyproject.toml
	@echo "Installing the locked packages for CUDA into $(GPU_VENV) ..."
	@rm -rf $(GPU_VENV)
	@$(PYTHON) -m venv $(GPU_VENV)
	@$(GPU_VENV)/bin/pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r $(GPU_LOCK)
	@$(GPU_VENV)/bin/pip install --quiet --disable-pip-version-check --no-deps --no-index --no-build-isolation --editable .
	@touch $@

gpu-env: $(GPU_READY) ## make .venv-gpu, in which models run on CUDA

bench: $(READY) ## measure how fast it is, and compare with the run before (twenty minutes)
	@$(RUN) python benchmarks/run.py

docs: $(READY) ## build the documentation into site/
	@$(RUN) NO_MKDOCS_2_WARNING=1 mkdocs build

check: $(READY) docs ## linters, types, workflow lint, generated files, licences, known vulnerabilities, documentation
	@$(RUN) ruff check .
	@$(RUN) ruff format --check .
	@$(RUN) mypy
	@$(RUN) snakefmt --check Snakefile workflow/rules
	@$(RUN) codespell
	@$(RUN) facebank document-config --check
	@$(RUN) python requirements/write_licences.py --check
	@$(RUN) python requirements/audit.py
	@$(RUN) facebank make-demo --output-dir resources/demo
	@$(RUN) snakemake --lint

lock: ## compile the hash-locked requirements again (needs uv); then run make licences
	@for name in cpu dev browser; do \
		uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url \
			requirements/$$name.in --output-file requirements/$$name.lock; \
	done
	@# insightface asks for onnxruntime, which must not stand beside onnxruntime-gpu.
	@uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url \
		--no-emit-package onnxruntime requirements/gpu.in --output-file requirements/gpu.lock
	@$(PYTHON) requirements/write_post_deploy.py
	@UV_FIND_LINKS="$${PIP_FIND_LINKS:-}" uv pip compile --quiet --no-deps --python-version 3.11 --generate-hashes --no-header \
		--no-emit-index-url requirements/retinaface-pytorch.in --output-file $(TORCH_LOCK)
	@pin=$$(grep '^torch==' requirements/retinaface-pytorch.in); sed -i "s|^torch==.*|$$pin|" $(TORCH_LOCK) # uv drops its hash

licences: $(READY) ## list the licences of the locked packages again
	@$(RUN) python requirements/write_licences.py

clean: ## remove what was built, but neither the cache nor .venv
	@rm -rf results/*/ results/.[a-z]*/ resources/demo .snakemake site
