"""The progress of a fit, for a person: in a terminal, in a notebook, in plain lines."""
