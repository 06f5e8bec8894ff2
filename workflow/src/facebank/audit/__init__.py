"""Who is shown in each slot of each variant, and whether its labels fit it."""
