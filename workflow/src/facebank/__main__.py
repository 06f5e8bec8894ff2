"""``python -m facebank``, the same as the command ``facebank``."""

from __future__ import annotations

import sys

from facebank.cli import main

sys.exit(main())
