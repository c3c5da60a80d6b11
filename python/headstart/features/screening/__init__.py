"""The search for generated features that improve a model."""
