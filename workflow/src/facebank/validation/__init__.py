"""How well the gallery tells people apart: recall, open set, and what is said of them."""
