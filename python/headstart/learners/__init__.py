"""Built-in learners, one family per file."""
