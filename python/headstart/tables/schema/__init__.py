"""The schema of a table: learned from training rows, applied to any rows."""
