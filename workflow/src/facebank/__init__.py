"""facebank: from portrait photos and robot videos to identity supervision that can be trusted."""

import os

__version__ = "0.1.0"

# ONNX Runtime's builds report their use over the network and keep an id of the machine, unless they are told
# not to before their first import, which may be insightface's.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
