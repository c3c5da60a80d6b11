"""Permutation importance, effects of columns and explanations of single rows."""
