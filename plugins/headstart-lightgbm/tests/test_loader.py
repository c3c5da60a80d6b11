"""Stored models may be hostile: all of their numbers are checked."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from headstart_lightgbm import LightGBM

from headstart.base import Matrix, Resources, Rows, Task, TaskKind
from headstart.exceptions import ArtifactError

LEARNER = LightGBM()
TASK = Task(TaskKind.MULTICLASS, 200, 2, 1, 3, "log_loss")


def make_rows():
    rng = np.random.default_rng(0)
    values = rng.normal(size=(200, 3))
    values[:, 2] = rng.integers(0, 12, 200)
    signal = values[:, 0] + 2 * (values[:, 2] % 2)
    X = Matrix(values, ("a", "b", "c"), (2,), (12,))
    return Rows(X, np.searchsorted([0.0, 1.5], signal))


@pytest.fixture(scope="module")
def parts():
    parameters = {
        "n_rounds": 4,
        "extra_trees": False,
        "max_cat_to_onehot": 2,
        "cat_smooth": 0.1,
    }
    fitted = LEARNER.fit(TASK, parameters, make_rows(), None, Resources(1, 0))
    return LEARNER.dump(fitted)


def test_no_damage_crashes_the_process():
    script = Path(__file__).with_name("fuzz_loader.py")
    done = subprocess.run(
        [sys.executable, str(script), "150"], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr[-2000:]
    refused, loaded = map(int, done.stdout.split())
    assert refused > 200
    # Some changes are harmless: the text is read, not only refused.
    assert loaded > 5


def test_what_is_stored_predicts_the_same_bits(parts):
    fitted = LEARNER.load(parts)
    again = LEARNER.load(LEARNER.dump(fitted))
    X = make_rows().X
    np.testing.assert_array_equal(
        LEARNER.predict(fitted, X, TASK), LEARNER.predict(again, X, TASK)
    )


def change(parts, key, place, word):
    """Replace the first values of `key` in the tree that splits by categories."""
    head, middle, rest = parts["model.txt"].decode().partition("num_cat=1")
    before, _, line = rest.partition(f"\n{key}=")
    words, end, after = line.partition("\n")
    values = words.split(" ")
    assert values[place] != word
    values[place] = word
    text = f"{head}{middle}{before}\n{key}={' '.join(values)}{end}{after}"
    return {**parts, "model.txt": text.encode()}


@pytest.mark.parametrize(
    ("key", "place", "word"),
    [
        ("left_child", 0, "100"),
        ("left_child", 0, "0"),
        ("right_child", -1, "-100"),
        ("right_child", -1, "0"),
        ("split_feature", 0, "3"),
        ("split_feature", 0, "-1"),
        ("threshold", 0, "nan"),
        ("leaf_value", 0, "inf"),
        ("leaf_value", 0, "1e999"),
        ("decision_type", 0, "15"),
        ("cat_boundaries", 0, "1"),
        ("cat_boundaries", 1, "1000"),
        ("cat_threshold", 0, "-1"),
        ("leaf_count", 0, "1_0"),
    ],
)
def test_a_number_out_of_place_is_refused(parts, key, place, word):
    with pytest.raises(ArtifactError, match="tree"):
        LEARNER.load(change(parts, key, place, word))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"num_leaves=", b"num_leaves=9"),
        (b"num_class=3", b"num_class=2"),
        (b"num_tree_per_iteration=3", b"num_tree_per_iteration=1"),
        (b"max_feature_idx=2", b"max_feature_idx=20"),
        (b"num_class:3", b"num_class:30"),
        (b"objective=multiclass", b"objective=custom"),
        (b"is_linear=0", b"is_linear=1"),
        (b"Tree=1\n", b"Tree=5\n"),
        (b"leaf_value=", b"leaf_value=1 "),
        (b"num_cat=1", b"num_cat=0"),
    ],
)
def test_a_model_of_another_form_is_refused(parts, old, new):
    assert old in parts["model.txt"]
    text = parts["model.txt"].replace(old, new, 1)
    with pytest.raises(ArtifactError):
        LEARNER.load({**parts, "model.txt": text})
