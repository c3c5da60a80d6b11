"""The operators: candidates, and the values of fitted ones for any rows."""
