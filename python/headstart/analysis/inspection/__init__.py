"""What the model has learned: importance, effects and explanations of rows."""
