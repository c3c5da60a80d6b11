"""Sources of proposals of configurations, one per file."""
