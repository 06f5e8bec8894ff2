"""Recorded episodes and their variants: which there are, what they claim, what can be used."""
