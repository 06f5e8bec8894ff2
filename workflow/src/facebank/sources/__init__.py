"""Recorded episodes and their variants: discovery, claims, detection, sampling and audit."""
