"""What holds for splitters, thresholds, calibration and resampling."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from headstart import _core
from headstart.machine.compute import Compute
from headstart.metrics import best_threshold, score, score_many
from headstart.validation import (
    Bootstrap,
    IsotonicCalibration,
    PlattCalibration,
    StratifiedGroupKFold,
    TemperatureCalibration,
    bootstrap_interval,
    purged_folds,
)

PROBABILITIES = hnp.arrays(
    st.sampled_from([np.float32, np.float64]),
    st.integers(6, 40),
    elements=st.floats(0, 1, width=32),
)


def labels_of(p):
    """Labels of both classes, unrelated to the order."""
    return np.arange(p.size) * 7 % 3 % 2


@settings(max_examples=30)
@given(PROBABILITIES, st.sampled_from([1, 2, -1]))
def test_types_and_strides_do_not_matter(p, step):
    y = labels_of(p)
    strided = np.repeat(p, 2)[::2] if step == 2 else p[::step][::step]
    names = ["roc_auc", "log_loss", "mcc", "brier", "average_precision"]
    scores = score_many(names, y.astype(np.int8), strided)
    assert scores == score_many(names, y, p.astype(np.float64))


@settings(max_examples=30)
@given(PROBABILITIES, st.sampled_from(["f1", "mcc", "balanced_accuracy", "kappa"]))
def test_no_threshold_of_the_scores_is_better(p, metric):
    y = labels_of(p)
    best = best_threshold(y, p, metric)
    assert score(metric, y, best.predict(p)) == pytest.approx(best.value)
    for t in p:
        other = score(metric, y, (p > t).astype(int))
        assert np.isnan(other) or other <= best.value + 1e-9


@settings(max_examples=30)
@given(PROBABILITIES)
def test_calibration_keeps_the_order(p):
    y = labels_of(p)
    order = np.argsort(p)
    for kind in (IsotonicCalibration, TemperatureCalibration):
        calibrated = kind().fit(p, y).predict(p)
        assert (np.diff(calibrated[order]) >= -1e-12).all()
    assert np.isfinite(PlattCalibration().fit(p, y).predict(p)).all()


@settings(max_examples=25)
@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 6)), min_size=20))
def test_folds_partition_rows_by_whole_groups(rows):
    y, groups = (np.array(column) for column in zip(*rows, strict=True))
    groups[:3] = [0, 1, 2]
    folds = StratifiedGroupKFold(3).folds(None, y, groups)
    ids = folds.fold_ids[0]
    assert set(ids) == {0, 1, 2}
    for group in np.unique(groups):
        assert np.unique(ids[groups == group]).size == 1


@settings(max_examples=25)
@given(
    st.permutations(range(30)),
    st.integers(0, 2),
    st.floats(0, 0.1),
)
def test_purged_rows_never_overlap_a_block(places, reach, embargo):
    order = np.array(places) // 2
    ends = order + reach
    for train, held_out in purged_folds(order, ends, 3, embargo=embargo).split():
        first, last = order[held_out].min(), ends[held_out].max()
        assert ((ends[train] < first) | (order[train] > last)).all()


@pytest.mark.parametrize("metric", ["roc_auc", "log_loss", "mcc", "average_precision"])
def test_threads_do_not_change_a_bit_of_a_resample(metric):
    rng = np.random.default_rng(0)
    y, p = rng.integers(0, 2, 9000), rng.uniform(size=9000)
    intervals = {
        bootstrap_interval(
            metric,
            y,
            p,
            bootstrap=Bootstrap(n_resamples=20),
            compute=Compute(n_threads=n),
        )
        for n in (1, 2, 7)
    }
    assert len(intervals) == 1


def test_threads_do_not_change_a_bit_of_a_fit():
    rng = np.random.default_rng(1)
    p, y = rng.uniform(0.01, 0.99, (40_000, 1)), rng.integers(0, 2, 40_000)
    columns = np.ascontiguousarray(np.log(p).T)
    target = y.astype(float)
    for fit in (
        lambda n: _core.fit_logistic(columns, target, None, n).tobytes(),
        lambda n: _core.fit_temperature(p, y, None, n),
        lambda n: _core.delong_covariances(y, columns, n)[1].tobytes(),
        lambda n: _core.confusion_table(y, y[::-1].copy(), 2, None, n).tobytes(),
    ):
        assert len({fit(n) for n in (1, 2, 7)}) == 1


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_what_is_not_finite_is_refused_everywhere(bad):
    y, p = np.array([0, 1, 0, 1]), np.array([0.1, bad, 0.3, 0.4])
    for call in (
        lambda: score("roc_auc", y, p),
        lambda: best_threshold(y, p),
        lambda: bootstrap_interval("brier", y, p),
        lambda: IsotonicCalibration().fit(p, y),
        lambda: PlattCalibration().fit(p, y),
        lambda: TemperatureCalibration().fit(p, y),
    ):
        with pytest.raises(ValueError, match="finite"):
            call()
