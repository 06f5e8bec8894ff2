"""Gold labels of face regions: import from Label Studio, evaluation, variants, agreement, predictions."""
