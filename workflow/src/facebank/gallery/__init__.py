"""The gallery: one centroid per identity, and what its photos say of it."""
