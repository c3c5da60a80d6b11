"""Stored kinds: what is read is what was written, and damage is refused or harmless."""

import json

import numpy as np
import pytest
from tests.small_models import small_model

from headstart.base.arrays import pack_arrays, unpack_arrays
from headstart.exceptions import ArtifactError
from headstart.plugins import load_plugins
from headstart.predict import KINDS
from headstart.predict.trees.tree_arrays import _EXPECTED as TREES

LEARNERS = {
    "capped_trees": "hist_gradient_boosting",
    "forest": "random_forest",
    "kernel_machine": "kernel",
    "linear": "elastic_net",
    "neighbors": "k_neighbors",
    "network": "mlp",
    "support_vectors": "svm",
}
TASKS = {"binary": 2, "multiclass": 3, "regression": 0}
EVIL = (-1, 0, 1, 2, 3, 7, 300, 2**31 - 1, -(2**31), 2**62, 0.5, 1e30, 1e308)
EVIL = (*EVIL, float("nan"), float("inf"), -float("inf"))
# The view of `small_table`: a number, and a city as one code or three columns.
ROWS = {
    2: np.array([[0.3, 1.0], [-9.0, 0.0], [np.nan, np.nan]]),
    4: np.array([[0.3, 1.0, 0.0, 0.0], [-9.0, 0.0, 0.0, 1.0], [1e9, 0.0, 0.0, 0.0]]),
}
FITTED = {}


def fitted(kind, task):
    """Return the model of a fold fit and its parts."""
    if (kind, task) not in FITTED:
        ensemble = small_model(task, LEARNERS[kind], folds=1).ensemble
        learner = ensemble.learners[LEARNERS[kind]]
        fold = ensemble.parts.model(learner, "0-0-0")
        FITTED[kind, task] = fold.model, fold.model.to_parts()
    return FITTED[kind, task]


def form_of(kind, part):
    if part == "trees.safetensors":
        return TREES
    module = __import__(KINDS[kind].__module__, fromlist=["_FORM"])
    return module._FORM


EACH = pytest.mark.parametrize("kind", LEARNERS)
EACH_TASK = pytest.mark.parametrize("task", TASKS)


def test_kinds_are_listed_by_their_own_names():
    assert {model.kind for model in KINDS.values()} == set(KINDS)
    assert all(model.kind == name for name, model in KINDS.items())


@EACH
@EACH_TASK
def test_parts_load_to_an_equal_model(kind, task):
    model, parts = fitted(kind, task)

    again = KINDS[kind].from_parts(parts)

    assert type(model) is KINDS[kind]
    assert (again.n_features, again.n_classes) == (model.n_features, TASKS[task])
    assert again.to_parts() == parts
    X = ROWS[model.n_features]
    if kind not in {"capped_trees", "forest"}:
        X = np.nan_to_num(X)
    np.testing.assert_array_equal(again.apply(X), model.apply(X))


@EACH
def test_parts_too_many_or_too_few_are_refused(kind):
    _, parts = fitted(kind, "binary")
    for name in parts:
        with pytest.raises(ArtifactError):
            KINDS[kind].from_parts({**parts, name: b""})
        with pytest.raises(ArtifactError):
            KINDS[kind].from_parts({k: v for k, v in parts.items() if k != name})
    with pytest.raises(ArtifactError):
        KINDS[kind].from_parts({**parts, "more.json": b"{}"})


@pytest.mark.parametrize("kind", [kind for kind in LEARNERS if kind != "forest"])
@EACH_TASK
def test_a_record_of_other_fields_or_types_is_refused(kind, task):
    _, parts = fitted(kind, task)
    (name,) = (name for name in parts if name.endswith(".json"))
    record = json.loads(parts[name])
    wrong = [None, [], {}, {**record, "more": 1}]
    for field in record:
        wrong.append({k: v for k, v in record.items() if k != field})
        wrong += [{**record, field: value} for value in (None, [], {}, -1, -0.5)]
    if "link" in record:
        wrong += [{**record, "link": link} for link in ("", "exp", "probit")]
    for other in wrong:
        with pytest.raises(ArtifactError):
            KINDS[kind].from_parts({**parts, name: json.dumps(other).encode()})
    for data in (b"{", b"[" * 3000, b"\xff", b" " * 5000, b'{"gamma": NaN}'):
        with pytest.raises(ArtifactError):
            KINDS[kind].from_parts({**parts, name: data})


@EACH
@EACH_TASK
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_numbers_out_of_place_are_refused_or_predict(kind, task):
    model, parts = fitted(kind, task)
    X = np.nan_to_num(ROWS[model.n_features])
    rng = np.random.default_rng(0)
    refused = applied = 0
    for name in (name for name in parts if name.endswith(".safetensors")):
        form = form_of(kind, name)
        for array in sorted(form):
            for value in EVIL:
                arrays = unpack_arrays(parts[name], form)
                if not arrays[array].size:
                    break
                flat = arrays[array].reshape(-1)
                place = rng.integers(flat.size)
                flat[place] = np.array(value).astype(flat.dtype)
                try:
                    wrong = KINDS[kind].from_parts({**parts, name: pack_arrays(arrays)})
                except ArtifactError:
                    refused += 1
                    continue
                if wrong.n_features == model.n_features:
                    assert len(wrong.apply(X)) == len(X)
                    applied += 1
    assert refused > 5
    assert applied > 10


@EACH
def test_an_array_of_another_shape_does_not_fit_the_description(kind):
    model, parts = fitted(kind, "multiclass")
    for name in (name for name in parts if name.endswith(".safetensors")):
        form = form_of(kind, name)
        for array, (_, n_dimensions) in form.items():
            arrays = unpack_arrays(parts[name], form)
            if not n_dimensions or not arrays[array].size:
                continue
            arrays[array] = arrays[array][:-1]
            try:
                wrong = KINDS[kind].from_parts({**parts, name: pack_arrays(arrays)})
            except ArtifactError:
                continue
            # `FoldLearner.load_model` compares both.
            assert (wrong.n_features, wrong.n_classes) != (model.n_features, 3), array


@EACH
def test_a_model_that_does_not_fit_its_description_is_refused(kind):
    learner = load_plugins().learners[LEARNERS[kind]]
    model, _ = fitted(kind, "binary")
    _, other = fitted(kind, "multiclass")
    ensemble = small_model("binary", LEARNERS[kind], folds=1).ensemble
    stored = ensemble.store.model("0-0-0")
    target = {"target.json": stored["target.json"]}

    with pytest.raises(ArtifactError, match=r"2 columns|4 columns|3 classes"):
        learner.load({**target, **other})

    record = json.loads(stored["target.json"]) | {"n_features": model.n_features + 1}
    wider = {**stored, "target.json": json.dumps(record).encode()}
    with pytest.raises(ArtifactError, match="columns"):
        learner.load(wider)
