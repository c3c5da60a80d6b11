"""Meta-features of plugins."""

import math
from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from headstart.meta.evidence import Evidence
from headstart.plugins import DescribedTable, Registry

__all__ = ["describe_by_plugins", "with_features"]


def describe_by_plugins(
    registry: Registry, summary: DescribedTable
) -> tuple[dict[str, float], list[str]]:
    """Return the meta-features of a table that plugins compute.

    Parameters
    ----------
    registry : Registry
    summary : DescribedTable

    Returns
    -------
    values : dict of str to float
        By ``distribution:name``.
    problems : list of str
        One line per plugin whose function failed or returned a value that is not a
        number; its meta-features are left out.
    """
    values: dict[str, float] = {}
    problems = []
    for name, record in registry.meta_features.items():
        plugin = registry.plugin_of(name, "meta_features")
        prefix = name if plugin is None else plugin.distribution or plugin.name
        try:
            features = record.function(summary)
            numbers = {
                f"{prefix}:{key}": float(value) for key, value in features.items()
            }
        except Exception as error:
            problems.append(
                f"The meta-features {name!r} of {prefix} are left out: "
                f"{type(error).__name__}: {error}"
            )
            continue
        values |= {k: v if math.isfinite(v) else math.nan for k, v in numbers.items()}
    return values, problems


def with_features(
    compared: Evidence, stored: Evidence, names: Iterable[str]
) -> Evidence:
    """Return evidence with some of the stored meta-features added.

    Parameters
    ----------
    compared : Evidence
        With the numbers of `for_distance`.
    stored : Evidence
        The same datasets, with the meta-features of the base.
    names : iterable of str
        Those of `stored` to add; names that it lacks are ignored.
    """
    added = [name for name in names if name in stored.feature_names]
    if not added:
        return compared
    columns = [stored.features[:, stored.feature_names.index(n)] for n in added]
    return replace(
        compared,
        feature_names=(*compared.feature_names, *added),
        features=np.column_stack([compared.features, *columns]),
    )
