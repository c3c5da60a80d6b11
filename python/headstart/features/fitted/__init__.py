"""Fitted features: made of any rows, and stored, without the code that fits them."""
