"""The operators: their fit to training rows, and their values for any rows."""
