"""The version folders on disk: which are fresh, which are needed, and how two of them differ."""
