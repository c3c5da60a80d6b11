"""What the tests of bad input share."""

import numpy as np
import polars as pl
import pytest

from headstart import AutoClassifier, AutoRegressor, Validation

SMALL = {
    "time_limit": None,
    "max_trials": 1,
    "n_jobs": 1,
    "random_state": 0,
    "validation": Validation(folds=3, repeats=1),
}


def classifier(**settings):
    return AutoClassifier(**(SMALL | {"learners": ["logistic"]} | settings))


def regressor(**settings):
    return AutoRegressor(**(SMALL | {"learners": ["ridge"]} | settings))


def table(n=60):
    rng = np.random.default_rng(0)
    return pl.DataFrame(
        {
            "age": rng.integers(18, 80, n).astype(float),
            "income": rng.normal(size=n),
            "city": rng.choice(["Bern", "Oslo", "Rome"], n),
        }
    )


def labels(n=60):
    return np.arange(n) % 2


def message_of(error, function, *arguments, **settings):
    with pytest.raises(error) as raised:
        function(*arguments, **settings)
    return str(raised.value)


def assert_usable(model, X, n_classes=2):
    """A fitted classifier gives proper probabilities and known labels for `X`."""
    probability = model.predict_proba(X)
    assert probability.shape[1] == n_classes
    assert np.isfinite(probability).all()
    assert np.allclose(probability.sum(axis=1), 1)
    assert set(model.predict(X)) <= set(model.classes_)
