"""Make the README's picture of a report: headless Chromium opens one page, and the top of it is kept.

The report has to be one with blurred faces (``report.faces: blurred``): the picture stands in a repository.
Run it as ``python docs/images/make_picture.py REPORT/sources.html``; Chromium has to be installed.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image

#: Width and height in CSS pixels, drawn at this many pixels each, and the largest size of the file in bytes.
WIDTH, HEIGHT, SCALE = 1000, 1000, 1.25
LARGEST = 200_000
PICTURE = Path(__file__).with_name("report.webp")


def main(page: Path) -> None:
    """Photograph a page."""
    if '"faces": "blurred"' not in page.with_name("provenance.json").read_text(encoding="utf-8"):
        sys.exit("the report shows faces: build one with report.faces: blurred")
    with tempfile.TemporaryDirectory() as folder:
        shot = Path(folder) / "page.png"
        subprocess.run(
            [
                "chromium",
                "--headless",
                "--no-sandbox",
                "--hide-scrollbars",
                f"--force-device-scale-factor={SCALE}",
                f"--window-size={WIDTH},{HEIGHT}",
                f"--screenshot={shot}",
                page.resolve().as_uri(),
            ],
            check=True,
            capture_output=True,
        )
        with Image.open(shot) as image:
            image.convert("RGB").save(PICTURE, quality=80, method=6)
    if PICTURE.stat().st_size > LARGEST:
        sys.exit(f"{PICTURE} has more than {LARGEST} bytes")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
