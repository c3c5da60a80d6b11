"""Estimators that nobody here wrote pass the kit, or are told precisely why not.

Their packages are the dependency group ``third-party-trial``.
"""

import pytest

from headstart.base import Integer, TaskKind, View
from headstart.sdk import LearnerTraits, from_estimator
from headstart.testing import check_learner

REGRESSION = frozenset({TaskKind.REGRESSION})


def test_quantile_forest_is_told_that_it_draws_from_the_global_generator():
    package = pytest.importorskip("quantile_forest")
    learner = from_estimator(
        "quantile_forest",
        package.RandomForestQuantileRegressor,
        space={"n_estimators": Integer(10, 40)},
        default={"n_estimators": 20},
        # Its tags say that it takes missing values; it does not.
        traits=LearnerTraits(view=View("scaled", "one_hot", "imputed")),
        trusted_types=["sklearn.tree._tree.Tree"],
    )

    (failed,) = check_learner(learner).failed

    assert failed.id == "side-effects"
    assert "used or seeded a global random generator" in failed.message


@pytest.mark.timeout(1800)
def test_ngboost_is_told_what_it_prints_and_what_it_cannot_fit():
    package = pytest.importorskip("ngboost")
    learner = from_estimator(
        "ngboost",
        package.NGBRegressor,
        space={"n_estimators": Integer(5, 20)},
        default={"n_estimators": 8},
    )

    # Each fresh process imports it anew, with lifelines and pandas: seconds, and on a
    # busy machine minutes.
    report = check_learner(learner, seconds=600)
    failed = {result.id: result.message for result in report.failed}

    # Whether 8 rounds take longer than the tolerance depends on the machine.
    assert set(failed) - {"deadline"} == {"one-class", "side-effects"}
    assert "printed '[iter 0] loss=" in failed["side-effects"]
    assert "Input y contains NaN" in failed["one-class"]


def test_linear_tree_is_told_that_it_does_not_fit_and_where():
    package = pytest.importorskip("lineartree")
    from sklearn.linear_model import Ridge

    def make(**parameters):
        return package.LinearTreeRegressor(Ridge(), **parameters)

    learner = from_estimator(
        "linear_tree",
        make,
        space={"max_depth": Integer(2, 5)},
        traits=LearnerTraits(tasks=REGRESSION),
    )

    (failed,) = check_learner(learner).failed

    assert failed.id == "fits"
    assert "has no attribute '_validate_data'" in failed.message
    assert "lineartree.py, line" in failed.message
