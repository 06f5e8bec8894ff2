"""What a config means before any job runs: versions, folders, content digests, and what is missing."""
