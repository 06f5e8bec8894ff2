"""Pixels from files: photos and videos, always upright RGB."""
