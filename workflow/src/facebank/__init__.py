"""facebank: from portrait photos and robot videos to identity supervision that can be trusted."""

__version__ = "0.1.0"
