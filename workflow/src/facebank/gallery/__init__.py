"""The gallery: one centroid per identity, what its photos say of it, and how well it tells people apart."""
