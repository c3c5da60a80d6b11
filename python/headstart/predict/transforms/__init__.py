"""Kinds of fitted transforms, one or two files each, and transforms that apply them."""
