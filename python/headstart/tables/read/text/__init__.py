"""Delimited text: its encoding, its layout, its rows."""
