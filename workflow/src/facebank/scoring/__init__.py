"""How far masks agree: predictions with gold, variants with each other, one annotator with another."""
