"""The static report: what every stage made, to be looked at with a browser."""
