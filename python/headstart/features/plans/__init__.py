"""Plans: candidates fitted together, applied to any rows, and stored as JSON."""
