"""The bank: which photos there are, whose they are, and the faces in them."""
