"""Meta-learning: a knowledge base of results on datasets, and suggestions from it."""
