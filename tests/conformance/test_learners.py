"""The conformance kit, asked of each learner that is installed."""

import numpy as np
import pytest

from headstart.plugins import load_plugins
from headstart.testing import CheckError, learner_checks
from headstart.testing.learners import LearnerSubject

LEARNERS = load_plugins().learners
# What takes seconds each: the other learners ask these in every run.
LONG_LEARNERS = {
    "random_forest",
    "extra_trees",
    "hist_gradient_boosting",
    "explainable_boosting",
    "catboost",
    "lightgbm",
    "xgboost",
    "kernel",
}
LONG_CHECKS = {
    "every-point-fits",
    "parameters",
    "cost-measured",
    "dump-variants",
    "weights",
    "validation-weights",
    "early-stopping",
    "two-models",
    "best-round",
    "whole-fit",
    "missing-values",
    "constant-columns",
    "unseen-category",
}


def case(name, check):
    """Return a learner's check as a parameter; one that takes long is slow."""
    # Both forests are one class: the quicker one is asked all else in every run.
    is_long = name in LONG_LEARNERS and str(check) in LONG_CHECKS
    marks = [pytest.mark.slow] if is_long or name == "random_forest" else []
    return pytest.param(check, id=f"{name}-{check}", marks=marks)


@pytest.mark.parametrize(
    "check",
    [
        case(name, check)
        for name, learner in LEARNERS.items()
        for check in learner_checks(learner)
    ],
)
def test_an_installed_learner_behaves(check):
    check()


@pytest.mark.parametrize("name", LEARNERS)
def test_a_flipped_byte_is_refused_or_harmless(name):
    subject = LearnerSubject(LEARNERS[name])
    kind = subject.kinds[0]
    fitted = subject.fitted(kind)
    parts = subject.dump(fitted.model)
    rng = np.random.default_rng(0)
    few = fitted.train.X.take(np.arange(5))
    for part, data in parts.items():
        for position in rng.integers(0, len(data), 25):
            wrong = bytearray(data)
            wrong[position] ^= 0x81
            try:
                loaded = LEARNERS[name].load({**parts, part: bytes(wrong)})
            except ValueError:  # an ArtifactError is one
                continue
            try:
                subject.predict(kind, loaded, few)
            except CheckError as error:
                # Refused late: by the learner's own error, not by its answer's form.
                if not isinstance(error.__cause__, ValueError):
                    raise


@pytest.mark.parametrize("name", LEARNERS)
def test_a_loaded_model_is_stored_as_the_same_bytes(name):
    subject = LearnerSubject(LEARNERS[name])
    for kind in subject.kinds[-1:]:
        parts = subject.dump(subject.fitted(kind).model)
        if "model.skops" not in parts:  # skops numbers its objects anew
            assert subject.dump(subject.load(parts)) == parts
