"""The part of a knowledge base that speaks about a task: datasets by configurations."""

from dataclasses import dataclass

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
