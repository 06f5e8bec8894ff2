"""The builds of the reduced demo."""

from demo_builds import built, checkout, complete, inputs, settings

__all__ = ["built", "checkout", "complete", "inputs", "settings"]
