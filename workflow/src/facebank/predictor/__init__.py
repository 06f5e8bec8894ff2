"""The local predictor: regions of a face from its landmarks and colours."""
