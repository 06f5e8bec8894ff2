"""The case of the first seed document: SHA-256 of every file that the established tools made of it.

``python tests/golden/gold/seed_case.py FOLDER`` makes ``digests.json`` from the files;
the tests need the digests alone.
"""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path

DIGESTS_FILE = Path(__file__).with_name("digests.json")
NAMES = (
    "label_studio_export.json",
    "pred.jsonl",
    "gold_labels.ndjson",
    "expected.md",
    "expected.csv",
    "expected.jsonl",
    "expected_calibration.ndjson",
    "ab/expected_ab.md",
    "ab/expected_ab.csv",
    "ab/expected_ab.json",
    "import_qc/gold_import_qc_seed.md",
    "import_qc/gold_import_qc_seed.jsonl",
    "agreement/eval_gold_iaa_20260212_120001001.md",
    "agreement/eval_gold_iaa_20260212_120001001.json",
    "agreement/eval_gold_iaa_20260212_120001001.jsonl",
)

GOLD = "artifacts/gold_round1_real_20260212_20sample/gold_labels.ndjson"
PREDICTIONS = "reports/pred_gold_round1_real_20260212_20sample.jsonl"


def digest(name: str) -> str:
    return json.loads(DIGESTS_FILE.read_text())[name]


def digest_with(path: Path, replacements: dict[str, str]) -> str:
    """Give the SHA-256 of a text file after its paths and dates became those of the seed."""
    text = path.read_text(encoding="utf-8")
    for ours, seeds in replacements.items():
        assert ours in text, f"{ours} is not in {path.name}"
        text = text.replace(ours, seeds)
    return hashlib.sha256(text.encode()).hexdigest()


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    found = {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in NAMES}
    DIGESTS_FILE.write_text(json.dumps(found, indent=2) + "\n")
