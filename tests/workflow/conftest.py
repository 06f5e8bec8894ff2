"""The builds of the reduced demo."""

from demo_builds import begun, built, checkout, complete, inputs, settings

__all__ = ["begun", "built", "checkout", "complete", "inputs", "settings"]
