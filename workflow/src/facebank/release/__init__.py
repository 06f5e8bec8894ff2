"""Releases: content-addressed data sets that are never edited."""
