import numpy as np

from headstart.base import Configuration
from headstart.meta.comparison import comparable
from headstart.meta.evidence import Evidence
from headstart.meta.features import for_distance


def evidence(features):
    n = len(features)
    return Evidence(
        "rmse",
        tuple(f"d{i}" for i in range(n)),
        tuple(f"f{i}" for i in range(n)),
        np.full(n, 10.0),
        np.full(n, 3.0),
        ("NumberOfInstances", "MinorityClassPercentage"),
        np.array(features, dtype=float).reshape(n, 2),
        (Configuration("ridge"),),
        np.zeros((n, 1)),
        np.ones((n, 1)),
    )


def test_each_dataset_is_described_as_a_new_table_would_be():
    compared = comparable(evidence([[99.0, 20.0], [999.0, np.nan]]))

    first = for_distance({"NumberOfInstances": 99.0, "MinorityClassPercentage": 20.0})
    assert compared.feature_names == tuple(first)
    np.testing.assert_array_equal(compared.features[0], list(first.values()))
    assert np.isnan(
        compared.features[1, compared.feature_names.index("minority_share")]
    )


def test_no_datasets_stay_none():
    assert comparable(evidence([])).features.shape == (0, len(for_distance({})))
