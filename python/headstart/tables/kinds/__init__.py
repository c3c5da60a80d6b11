"""Kinds of columns and how values of each kind are parsed from text."""
