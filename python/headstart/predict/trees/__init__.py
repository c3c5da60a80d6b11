"""Ensembles of trees that only predict, in the terms of the core."""
