"""Estimators that others wrote, made learners in three lines, against the kit."""

import pytest

from headstart.base import Integer
from headstart.sdk import from_estimator
from headstart.testing import check_learner


def xgboost():
    library = pytest.importorskip("xgboost")
    space = {"max_depth": Integer(2, 8)}
    return from_estimator(
        "third_xgb", library.XGBRegressor, space=space, default={"max_depth": 6}
    )


def lightgbm(**fixed):
    library = pytest.importorskip("lightgbm")

    def made(num_leaves=31):
        return library.LGBMClassifier(num_leaves=num_leaves, **fixed)

    space = {"num_leaves": Integer(4, 64)}
    return from_estimator("third_lgbm", made, space=space, default={"num_leaves": 31})


def interpret():
    library = pytest.importorskip("interpret.glassbox")

    def made():
        return library.ExplainableBoostingClassifier(
            interactions=0, max_rounds=60, outer_bags=1
        )

    return from_estimator("third_ebm", made)


@pytest.mark.slow
@pytest.mark.parametrize(
    "make",
    [xgboost, lambda: lightgbm(verbose=-1), interpret],
    ids=["xgb", "lgbm", "ebm"],
)
def test_three_estimators_that_others_wrote_pass_the_kit(make):
    report = check_learner(make(), seconds=60)
    assert report.ok, str(report)


@pytest.mark.slow
def test_one_that_talks_is_told_so():
    report = check_learner(lightgbm(), seconds=60)
    assert not report.ok
    assert "side-effects: failed" in str(report)
    assert "it printed '[LightGBM]" in str(report)
