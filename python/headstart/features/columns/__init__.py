"""Columns of a table in the forms that operators read: numbers, times, codes."""
