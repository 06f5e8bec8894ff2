"""What a build of any size would cost: Snakemake's own plan of it, and its jobs laid out on a cluster."""
