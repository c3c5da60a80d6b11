"""The search of a fit: what is tried, in which order, and what becomes of it."""
