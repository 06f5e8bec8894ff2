#!/usr/bin/env bash
# Snakemake runs this in the finished environment of retinaface-pytorch.yaml. The pin is that of requirements/retinaface-pytorch.lock.
set -euo pipefail
pin="$(mktemp)"
trap 'rm -f "$pin"' EXIT
echo "retinaface-pytorch==0.0.8 --hash=sha256:1236a4a87f4d261eb4838219ace39d96a864731c92aa75f01cee452cc38329a2 --hash=sha256:bf64dd6562e7dd0342c7408e086c57b675bd15cf759f51def9737b31cd581de7" > "$pin"
pip install --quiet --no-deps --require-hashes --requirement "$pin"
