"""Evidence with the meta-features for distances."""

from dataclasses import replace

import numpy as np

from headstart.meta.evidence import Evidence
from headstart.meta.features import for_distance

__all__ = ["comparable"]


def comparable(evidence: Evidence) -> Evidence:
    """Return evidence whose meta-features are those of `for_distance`."""
    rows = [
        for_distance(dict(zip(evidence.feature_names, row, strict=True)))
        for row in evidence.features.tolist()
    ]
    names = tuple(for_distance({}))
    features = np.array([list(row.values()) for row in rows], dtype=np.float64)
    return replace(
        evidence, feature_names=names, features=features.reshape(len(rows), len(names))
    )
