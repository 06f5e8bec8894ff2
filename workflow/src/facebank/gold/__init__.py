"""Gold labels of face regions: their rows, masks and modules, and the number and text rules of the format."""
