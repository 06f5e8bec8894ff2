"""Check a release with roc-validator, without a network: `validate_crate.py RELEASE CACHE-FOLDER`.

The profile Workflow Run Crate 0.5 stands on RO-Crate 1.1, whose JSON-LD context comes with no package. That
of 1.3, which comes with rocrate, takes its place, with the terms that have moved since put back.
"""

from __future__ import annotations

import io
import sys
from pathlib import Path

import requests
import rocrate
from rocrate_validator import models, services
from rocrate_validator.utils.http import HttpRequester
from urllib3 import HTTPResponse

CONTEXT = "https://w3id.org/ro/crate/1.1/context"
TERMS = ("https://bioschemas.org/terms/", "https://bioschemas.org/")


def main(release: str, cache: str) -> int:
    """Give 0 for a release that has all that the profile requires."""
    store = str(Path(cache) / "http")
    HttpRequester.initialize_cache(cache_path=store)
    text = (Path(rocrate.__file__).parent / "data" / "ro-crate.jsonld").read_text(encoding="utf-8")
    known = requests.Response()
    known.status_code, known.url = 200, CONTEXT
    known.headers["Content-Type"] = "application/ld+json"
    known.request = requests.Request("GET", CONTEXT).prepare()
    known.raw = HTTPResponse(
        body=io.BytesIO(text.replace(*TERMS).encode()),
        headers=dict(known.headers),
        status=200,
        preload_content=False,
    )
    HttpRequester().session.cache.save_response(known)
    settings = services.ValidationSettings(
        rocrate_uri=release,
        profile_identifier="workflow-run-crate",
        requirement_severity=models.Severity.REQUIRED,
        offline=True,
        cache_path=store,
    )
    result = services.validate(settings)
    for issue in result.get_issues():
        sys.stdout.write(f"{issue.check.identifier} {issue.message}\n")
    sys.stdout.write(f"workflow-run-crate {'passed' if result.passed() else 'failed'}\n")
    return int(not result.passed())


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
