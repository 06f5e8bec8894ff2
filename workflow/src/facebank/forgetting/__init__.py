"""Finding and deleting everything that a build keeps of one person."""
