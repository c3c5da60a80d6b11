"""Schemas' columns and targets as arrays for learners."""
