"""Two releases, reports or version folders side by side: pages of what differs, differences first."""
