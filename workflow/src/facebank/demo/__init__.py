"""The demo's inputs: photos, videos and gold labels, made from pictures that come with installed packages."""
