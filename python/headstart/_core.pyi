"""Types of the compiled module. Each name is wrapped by one Python module."""

from typing import TypedDict

class _BuildInfo(TypedDict):
    profile: str
    version: str

# What was built.

def build_info() -> _BuildInfo: ...

# Folds: headstart.validation.folds.

# Metrics: headstart.metrics.

# Out-of-fold store: headstart.validation.out_of_fold.

# Ensembles: headstart.ensemble.greedy.

# Trees: headstart.learners.tree_arrays.
