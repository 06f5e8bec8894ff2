"""The builds of the reduced demo, which the workflow's tests use too."""

from demo_builds import built, checkout, complete, inputs, settings

__all__ = ["built", "checkout", "complete", "inputs", "settings"]
