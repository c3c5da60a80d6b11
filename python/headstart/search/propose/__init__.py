"""Where configurations come from: one source of proposals per file."""
