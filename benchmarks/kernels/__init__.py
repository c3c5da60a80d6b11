"""What `benchmarks/core.py` times: one file a module of the core."""
