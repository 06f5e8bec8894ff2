"""Results of a small bank without a model."""

from version_folders import finished, plan_of

__all__ = ["finished", "plan_of"]
