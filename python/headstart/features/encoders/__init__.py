"""Encoders of whole tables with scikit-learn's conventions."""
