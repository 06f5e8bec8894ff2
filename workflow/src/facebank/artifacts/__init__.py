"""Versioned artifacts: atomic writes, digests, tables and provenance."""
