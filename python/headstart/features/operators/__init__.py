"""The operators: what each learns from training rows and computes for any rows."""
