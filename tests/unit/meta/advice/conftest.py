import numpy as np
import pytest

from headstart.base import Configuration
from headstart.meta.evidence import Evidence


@pytest.fixture
def make_evidence():
    """Return a function that makes evidence of losses, the rest plain."""

    def make(
        losses,
        *,
        seconds=None,
        n_rows=None,
        n_features=None,
        learners=None,
        features=None,
        is_proxy=False,
    ):
        losses = np.asarray(losses, dtype=np.float64)
        n_datasets, n_configurations = losses.shape
        learners = learners or ["forest"] * n_configurations
        names = tuple(f"table_{i}" for i in range(n_datasets))
        columns = features or {}
        return Evidence(
            metric="log_loss",
            names=names,
            families=names,
            n_rows=np.full(n_datasets, 1000.0)
            if n_rows is None
            else np.asarray(n_rows, dtype=np.float64),
            n_features=np.full(n_datasets, 10.0)
            if n_features is None
            else np.asarray(n_features, dtype=np.float64),
            feature_names=tuple(columns),
            features=np.column_stack([*columns.values()])
            if columns
            else np.empty((n_datasets, 0)),
            configurations=tuple(
                Configuration(learner, {"number": i})
                for i, learner in enumerate(learners)
            ),
            losses=losses,
            seconds=np.ones(losses.shape)
            if seconds is None
            else np.asarray(seconds, dtype=np.float64),
            is_proxy=is_proxy,
        )

    return make
