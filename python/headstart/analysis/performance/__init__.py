"""Scores with intervals, curves, errors and weak slices of out-of-fold predictions."""
