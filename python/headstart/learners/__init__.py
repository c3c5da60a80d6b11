"""Built-in learners, one family a file."""
