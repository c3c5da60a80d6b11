"""Built-in transforms, one per file."""
