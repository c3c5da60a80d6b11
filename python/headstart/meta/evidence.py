"""The part of a knowledge base that speaks about a task: datasets by configurations."""

from dataclasses import dataclass

import numpy as np

from headstart.base import Configuration, FloatArray

__all__ = ["Evidence"]


@dataclass(frozen=True, eq=False, slots=True)
class Evidence:
    """Losses and seconds of configurations on datasets, and what describes those.

    Parameters
    ----------
    metric : str
        The metric the losses are of: the one asked for, or the nearest one that the
        base has (then `is_proxy`).
    names : tuple of str
        Of the datasets.
    families : tuple of str
        Of the datasets.
    n_rows, n_features : ndarray of shape (n_datasets,)
        Rows that were used, and columns.
    feature_names : tuple of str
    features : ndarray of shape (n_datasets, n_meta_features)
        Meta-features, NaN where not known.
    configurations : tuple of Configuration
    losses : ndarray of shape (n_datasets, n_configurations)
        Lower is better. NaN: not evaluated; +inf: tried and failed.
    seconds : ndarray of shape (n_datasets, n_configurations)
        Of one fold fit, one thread. NaN: not known. Where the loss is +inf, a lower
        bound: the fit was stopped by then.
    is_proxy : bool
    """

    metric: str
    names: tuple[str, ...]
    families: tuple[str, ...]
    n_rows: FloatArray
    n_features: FloatArray
    feature_names: tuple[str, ...]
    features: FloatArray
    configurations: tuple[Configuration, ...]
    losses: FloatArray
    seconds: FloatArray
    is_proxy: bool = False

    def __post_init__(self) -> None:
        shape = (len(self.names), len(self.configurations))
        for name in ("losses", "seconds"):
            if getattr(self, name).shape != shape:
                raise ValueError(
                    f"Evidence.{name} must have shape {shape} (datasets, "
                    f"configurations). Got {getattr(self, name).shape}."
                )
        if self.features.shape != (shape[0], len(self.feature_names)):
            raise ValueError(
                "Evidence.features must have a row a dataset and a column a name. "
                f"Got {self.features.shape}."
            )

    def without_families(self, families: frozenset[str]) -> "Evidence":
        """Return the evidence without the datasets of some families."""
        keep = np.array([f not in families for f in self.families], dtype=bool)
        return Evidence(
            self.metric,
            tuple(n for n, k in zip(self.names, keep, strict=True) if k),
            tuple(f for f, k in zip(self.families, keep, strict=True) if k),
            self.n_rows[keep],
            self.n_features[keep],
            self.feature_names,
            self.features[keep],
            self.configurations,
            self.losses[keep],
            self.seconds[keep],
            self.is_proxy,
        )
