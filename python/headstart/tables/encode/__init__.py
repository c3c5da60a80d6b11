"""Encoding of canonical tables and targets as arrays for learners."""
