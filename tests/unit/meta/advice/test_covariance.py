import numpy as np

from headstart.meta.advice.covariance import shrunk_covariance


def deviations(n_datasets, covariance, seed=0):
    rng = np.random.default_rng(seed)
    values = rng.multivariate_normal(np.zeros(len(covariance)), covariance, n_datasets)
    return values - values.mean(axis=0)


TRUE = np.array(
    [
        [1.0, 0.8, 0.1, 0.1],
        [0.8, 1.0, 0.1, 0.1],
        [0.1, 0.1, 4.0, 1.2],
        [0.1, 0.1, 1.2, 4.0],
    ]
)
GROUPS = np.array([0, 0, 1, 1])


def test_many_datasets_give_the_plain_covariance():
    covariance = shrunk_covariance(deviations(20_000, TRUE), GROUPS)
    np.testing.assert_allclose(covariance, TRUE, atol=0.15)


def test_few_datasets_come_nearer_to_the_truth_than_the_plain_covariance():
    block = np.full((20, 20), 0.2) + 0.4 * np.kron(np.eye(2), np.ones((10, 10)))
    np.fill_diagonal(block, 1.0)
    groups = np.repeat([0, 1], 10)
    errors = []
    for seed in range(5):
        values = deviations(15, block, seed)
        shrunk = shrunk_covariance(values, groups)
        errors.append(
            (
                np.linalg.norm(shrunk - block),
                np.linalg.norm(values.T @ values / 15 - block),
            )
        )
    shrunk, plain = np.mean(errors, axis=0)
    assert shrunk < plain


def test_more_configurations_than_datasets_can_be_inverted():
    covariance = shrunk_covariance(deviations(6, np.eye(30)), np.arange(30) % 3)
    assert np.linalg.eigvalsh(covariance).min() > 0


def test_a_constant_configuration_does_no_harm():
    values = deviations(12, TRUE)
    values[:, 1] = 0.0
    covariance = shrunk_covariance(values, GROUPS)
    assert np.isfinite(covariance).all()
    assert np.linalg.eigvalsh(covariance).min() > 0
