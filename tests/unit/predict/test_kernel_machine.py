"""Stored kernel machines: blocks of rows, shares of classes, and refused values."""

import numpy as np
import pytest

from headstart.exceptions import ArtifactError
from headstart.predict import KernelMachine, NormalScores
from headstart.predict.kernel_machine import log_shares
from headstart.predict.records import pack_model

SCORES = {
    "columns": np.array([1]),
    "ends": np.array([3]),
    "knots": np.array([0.0, 1.0, 5.0]),
    "scores": np.array([-1.0, 0.0, 1.0]),
}


def machine(n_outputs=1, link="identity", n_points=30):
    rng = np.random.default_rng(0)
    return KernelMachine(
        NormalScores(**SCORES),
        np.array([[1.0, 0.5, 2.0]]),
        rng.normal(size=(n_points, 3)),
        rng.normal(size=(n_points, n_outputs)),
        np.full(n_outputs, 0.3),
        1.5,
        1.0,
        0.01,
        2.0,
        link,
    )


def changed(field, value):
    model = machine()
    record = {
        "bandwidth": 1.5,
        "power": 1.0,
        "least_share": 0.01,
        "sharpness": 2.0,
        "link": "identity",
    }
    arrays = {
        **SCORES,
        **{name: getattr(model, name) for name in ("metric", "points", "coef")},
        "offset": model.offset,
    }
    (arrays if field in arrays else record)[field] = value
    return pack_model("kernel_machine", record, arrays)


def test_rows_are_predicted_in_blocks():
    model = machine()
    X = np.random.default_rng(1).normal(size=(9000, 2))

    whole = model.apply(X)

    for rows in (slice(0, 1), slice(4000, 4200), slice(8999, 9000)):
        np.testing.assert_allclose(model.apply(X[rows]), whole[rows], rtol=1e-12)


def test_rows_far_from_all_points_have_the_offset():
    far = np.array([[1e6, 0.0], [-1e300, 1e300]])

    np.testing.assert_array_equal(machine().apply(far), [0.3, 0.3])
    shares = machine(3, "softmax").apply(far)
    np.testing.assert_allclose(shares, 1 / 3)


def test_outputs_outside_of_the_shares_are_raised_to_the_least():
    found = np.exp(log_shares(np.array([[-0.2], [0.4], [1.5]]), 0.01))
    np.testing.assert_allclose(found, [[1.2, 0.01], [0.6, 0.4], [0.01, 1.5]])
    found = np.exp(log_shares(np.array([[-0.2, 0.5, 0.7]]), 0.1))
    np.testing.assert_allclose(found, [[0.1, 0.5, 0.7]])


def test_what_is_written_is_read():
    model = machine()
    again = KernelMachine.from_parts(model.to_parts())
    X = np.random.default_rng(1).normal(size=(20, 2))
    np.testing.assert_array_equal(again.apply(X), model.apply(X))
    assert again.to_parts() == model.to_parts() == changed("bandwidth", 1.5)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("bandwidth", 0.0),
        ("power", 0.0),
        ("power", 2.5),
        ("least_share", 0.0),
        ("least_share", 1.5),
        ("sharpness", 0.0),
        ("link", "logit"),
        ("metric", np.ones((2, 3))),
        ("metric", np.ones((1, 4))),
        ("metric", np.full((1, 3), 1e200)),
        ("coef", np.ones((29, 1))),
        ("coef", np.ones((30, 2))),
        ("offset", np.zeros(0)),
        ("points", np.zeros((0, 3))),
        ("columns", np.array([2])),
        ("columns", np.array([-1])),
        ("columns", np.array([0, 1, 1])),
        ("ends", np.array([2])),
        ("ends", np.array([2**62])),
        ("knots", np.array([0.0, 1.0, 1.0])),
        ("scores", np.array([0.0, 1.0])),
    ],
)
def test_values_that_do_not_fit_are_refused(field, value):
    with pytest.raises(ArtifactError):
        KernelMachine.from_parts(changed(field, value))


def test_knots_need_to_rise_within_a_column_only():
    found = NormalScores.from_arrays(
        np.array([0, 1]),
        np.array([2, 4]),
        np.array([0.0, 9.0, 1.0, 2.0]),
        np.array([0.0, 1.0, 0.0, 1.0]),
        n_features=2,
    )

    expanded = found.expand(np.array([[4.5, 5.0]]))

    np.testing.assert_allclose(expanded, [[4.5, 5.0, 0.5, 1.0]])
