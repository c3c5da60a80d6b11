"""The evidence of a knowledge base for a task: datasets by configurations."""

from dataclasses import dataclass

from headstart.base import Configuration, FloatArray

__all__ = ["Evidence"]


@dataclass(frozen=True, eq=False, slots=True)
class Evidence:
    """Losses and seconds of configurations on datasets, with their meta-features.

    Parameters
    ----------
    metric : str
        Metric of the losses: the requested one, or the closest one in the base (then
        `is_proxy`).
    names : tuple of str
        Of the datasets.
    families : tuple of str
        Of the datasets.
    n_rows, n_features : ndarray of shape (n_datasets,)
        Numbers of used rows, and of columns.
    feature_names : tuple of str
    features : ndarray of shape (n_datasets, n_meta_features)
        Meta-features, NaN where unknown.
    configurations : tuple of Configuration
    losses : ndarray of shape (n_datasets, n_configurations)
        Lower is better. NaN: not evaluated; +inf: failed.
    seconds : ndarray of shape (n_datasets, n_configurations)
        Seconds of one fold fit on one thread. NaN: unknown. A lower bound if the loss
        is +inf, because the fit was stopped.
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
                "Evidence.features must have one row per dataset and one column per "
                "name. "
                f"Got {self.features.shape}."
            )
