import numpy as np
import pytest

from headstart.validation import (
    Bootstrap,
    bootstrap_interval,
    compare_by_bootstrap,
    compare_by_corrected_t,
    compare_by_delong,
    delong_interval,
)

RNG = np.random.default_rng(0)
Y = np.arange(300) % 2
P = np.clip(0.3 * Y + RNG.uniform(0, 0.7, 300), 0, 1)


@pytest.mark.parametrize(
    "metric", ["roc_auc", "average_precision", "log_loss", "f1", "kappa"]
)
def test_the_interval_is_about_the_score(metric):
    interval = bootstrap_interval(metric, Y, P, bootstrap=Bootstrap(n_resamples=100))
    assert interval.low < interval.estimate < interval.high


@pytest.mark.parametrize("metric", ["rmse", "mae", "r2", "spearman"])
def test_values_have_intervals_too(metric):
    y = RNG.normal(size=60)
    interval = bootstrap_interval(
        metric, y, y + 0.5 * RNG.normal(size=60), bootstrap=Bootstrap(n_resamples=50)
    )
    assert interval.low < interval.high


def test_delong_and_bootstrap_agree():
    delong = delong_interval(Y, P)
    interval = bootstrap_interval(
        "roc_auc", Y, P, bootstrap=Bootstrap(strata=Y, n_resamples=2000)
    )
    assert interval.estimate == pytest.approx(delong.estimate)
    assert interval.standard_error == pytest.approx(delong.standard_error, rel=0.1)


def test_rows_that_are_repeated_widen_it_only_by_groups():
    y, p, groups = np.repeat(Y, 4), np.repeat(P, 4), np.repeat(np.arange(300), 4)
    plain = bootstrap_interval("brier", y, p, bootstrap=Bootstrap(n_resamples=300))
    grouped = bootstrap_interval(
        "brier", y, p, bootstrap=Bootstrap(groups=groups, n_resamples=300)
    )
    assert grouped.standard_error > 1.5 * plain.standard_error


def test_a_worse_prediction_is_told_from_a_better_one():
    worse = np.clip(P + RNG.normal(0, 0.5, 300), 0, 1)
    by_draws = compare_by_bootstrap(
        "roc_auc", Y, P, worse, bootstrap=Bootstrap(n_resamples=200)
    )
    by_delong = compare_by_delong(Y, P, worse)
    assert by_draws.estimate == pytest.approx(by_delong.estimate)
    assert by_draws.p_value < 0.05
    assert by_delong.p_value < 0.05


def test_a_prediction_is_as_good_as_itself():
    assert (
        compare_by_bootstrap(
            "mcc", Y, P, P, bootstrap=Bootstrap(n_resamples=20)
        ).p_value
        == 1.0
    )
    assert compare_by_delong(Y, P, P).p_value == 1.0
    assert compare_by_corrected_t([0.0, 0.0], 0.5).p_value == 1.0


def test_the_corrected_test_is_the_formula():
    from scipy import stats

    d = np.array([0.02, 0.01, -0.01, 0.03])
    error = np.sqrt((1 / 4 + 0.25 / 0.75) * d.var(ddof=1))
    comparison = compare_by_corrected_t(d, 0.25)
    assert comparison.p_value == pytest.approx(2 * stats.t.sf(d.mean() / error, 3))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: bootstrap_interval("roc_auc", Y, P, bootstrap=Bootstrap(level=1)),
            "'level' parameter",
        ),
        (
            lambda: bootstrap_interval("mcc", Y, P, bootstrap=Bootstrap(n_resamples=1)),
            "'n_resamples'",
        ),
        (
            lambda: bootstrap_interval(
                "mcc", Y, P, bootstrap=Bootstrap(strata=Y, groups=Y)
            ),
            "cannot have both",
        ),
        (lambda: bootstrap_interval("roc_auc", Y * 0, P), "undefined on nearly all"),
        (
            lambda: compare_by_bootstrap("mcc", Y, P, np.ones((300, 3)) / 3),
            "same shape",
        ),
        (lambda: delong_interval(Y[:2], P[:2]), "at least 2 rows of each class"),
        (lambda: delong_interval(Y, P[:5]), "prediction must have shape"),
        (lambda: compare_by_corrected_t([1.0], 0.2), "at least two finite"),
        (lambda: compare_by_corrected_t([1.0, 2.0], 1.0), "'held_out_share'"),
    ],
)
def test_what_makes_no_sense_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()
