"""Faces in pictures: boxes, detectors, alignment and embeddings."""
