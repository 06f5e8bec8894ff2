"""What is asked outside of a build."""
