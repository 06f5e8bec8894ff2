"""A config for folders that nobody has described yet: what they show, and what must be asked."""
