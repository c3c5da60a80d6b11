"""The search of a fit: its configurations, their order, and the resulting model."""
