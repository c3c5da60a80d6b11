"""Transforms through the whole of a fit: searched, stored, used by new processes."""

import subprocess
import sys

import numpy as np
import polars as pl
import pytest
from sklearn.decomposition import PCA
from sklearn.preprocessing import KBinsDiscretizer, SplineTransformer, TargetEncoder

import headstart
from headstart import AutoClassifier, AutoRegressor
from headstart.base import Integer, Transform
from headstart.exceptions import (
    HeadstartWarning,
    MissingPluginError,
    RunFolderError,
)
from headstart.sdk import TransformTraits, from_transformer
from headstart.validation import Validation

N = 60
RANDOM = np.random.default_rng(0)
RAIN = RANDOM.integers(0, 2, N)
TABLE = pl.DataFrame(
    {
        "a": RANDOM.normal(size=N),
        "b": RANDOM.normal(size=N),
        "town": RANDOM.choice(["x", "y", "z"], N),
        "note": [
            f"day {i} was {'wet and grey' if wet else 'dry and warm'} in the end"
            for i, wet in enumerate(RAIN)
        ],
    }
)


class Words(Transform):
    """Whether a text has the word that parts the training rows' classes best."""

    name = "words"
    reads_target = True

    def columns(self, table, task):
        return table.text

    def fit(self, task, parameters, rows, validation, resources):
        split = rows.X["note"].fill_null("").str.split(" ").to_list()
        words = sorted({word for words in split for word in words})
        there = np.array([[w in s for w in words] for s in split], dtype=float)
        gaps = np.abs(there[rows.y == 1].mean(axis=0) - there[rows.y == 0].mean(axis=0))
        return {"word": words[int(gaps.argmax())]}

    def transform(self, fitted, X, task):
        return X.select(
            pl.col("note").str.contains(fitted["word"], literal=True).alias("has word")
        )

    def dump(self, fitted):
        return {"word.txt": fitted["word"].encode()}

    def load(self, parts):
        return {"word": parts["word.txt"].decode()}


def pca():
    return from_transformer(
        "pca", PCA, space={"n_components": Integer(1, 2)}, default={"n_components": 1}
    )


def fit(*transforms, **settings):
    chosen = {
        "time_limit": None,
        "max_trials": 2,
        "learners": ["logistic"],
        "random_state": 0,
        "n_jobs": 1,
        "columns": {"note": "text"},
        "validation": Validation(folds=2, repeats=1),
        **settings,
    }
    model = AutoClassifier(transforms=list(transforms), **chosen)
    return model.fit(TABLE, RAIN, listeners=[])


def labels(model):
    return sorted(model.leaderboard()["learner"])


@pytest.mark.workers
def test_workers_find_a_transform_of_this_script_and_their_number_changes_nothing():
    one, two = fit(Words(), n_jobs=1), fit(Words(), n_jobs=2)

    assert labels(one) == ["logistic", "logistic + words"]
    assert one.leaderboard()["learner"][0] == "logistic + words"
    assert (one.predict_proba(TABLE) == two.predict_proba(TABLE)).all()


def test_what_scikit_learn_brings_is_searched(tmp_path):
    spline = from_transformer("spline", SplineTransformer)
    bins = from_transformer(
        "bins",
        KBinsDiscretizer,
        columns=lambda table: ["a", "b"],
        traits=TransformTraits(replaces=True),
    )
    towns = from_transformer("towns", TargetEncoder, columns="categorical")

    model = fit(pca(), spline, bins, towns, max_trials=5)

    assert labels(model) == [
        "logistic",
        "logistic + bins",
        "logistic + pca",
        "logistic + spline",
        "logistic + towns",
    ]


def test_a_stored_model_predicts_the_same_in_a_new_process(tmp_path):
    model = fit(pca(), learners=["logistic"], refit=True)
    weights = model.leaderboard().filter(pl.col("weight") > 0)
    with pytest.warns(HeadstartWarning, match="without its parameters transforms"):
        path = model.save(tmp_path / "m.headstart")
    TABLE.write_csv(tmp_path / "table.csv")
    script = (
        "import headstart\n"
        "from sklearn.decomposition import PCA\n"
        "from headstart.sdk import from_transformer\n"
        "pca = from_transformer('pca', PCA)\n"
        f"model = headstart.load({str(path)!r}, transforms=[pca])\n"
        f"print(model.predict_proba({str(tmp_path / 'table.csv')!r}).tolist())\n"
    )

    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )

    assert np.array_equal(eval(done.stdout), model.predict_proba(TABLE))
    if "logistic + pca" in weights["learner"].to_list():
        with pytest.raises(MissingPluginError, match="transforms="):
            headstart.load(path)


def test_a_model_with_text_says_what_it_needs_and_keeps_missing_text(tmp_path):
    model = fit(Words())
    with pytest.warns(HeadstartWarning, match="without its parameters transforms"):
        path = model.save(tmp_path / "m.headstart")

    loaded = headstart.load(path, transforms=[Words()])

    empty = TABLE.with_columns(note=pl.lit(None, pl.String))
    assert np.isfinite(loaded.predict_proba(empty)).all()
    assert (loaded.predict_proba(TABLE) == model.predict_proba(TABLE)).all()
    assert model.info()["members"][0]["transforms"][0]["name"] == "words"
    with pytest.raises(MissingPluginError, match="'words'"):
        headstart.load(path)


def test_a_run_with_transforms_is_resumed_and_another_choice_is_refused(tmp_path):
    first = fit(Words(), run_dir=tmp_path / "run")
    again = fit(Words(), run_dir=tmp_path / "run", resume=True)

    assert (first.predict_proba(TABLE) == again.predict_proba(TABLE)).all()
    with pytest.raises(RunFolderError, match="transforms"):
        fit(run_dir=tmp_path / "run", resume=True)


def test_without_a_transform_all_is_as_without_the_parameter(tmp_path):
    table = TABLE.drop("note")
    stored = []
    for place, settings in enumerate(({}, {"transforms": []})):
        model = AutoRegressor(
            time_limit=None,
            max_trials=1,
            learners=["ridge"],
            random_state=0,
            **settings,
        ).fit(table, TABLE["a"], listeners=[])
        stored.append((model.predict(table), sorted(model.model_.ensemble.transforms)))
        path = model.save(tmp_path / f"{place}.headstart")
        assert b"transforms/" not in path.read_bytes()

    assert (stored[0][0] == stored[1][0]).all()
    assert stored[0][1] == stored[1][1] == []


@pytest.mark.workers
@pytest.mark.filterwarnings("ignore")
def test_transforms_that_fail_cost_their_trials_and_change_nothing_else(caplog):
    class Raises(Words):
        name = "raises"

        def fit(self, task, parameters, rows, validation, resources):
            raise RuntimeError("boom")

    class Exits(Words):
        name = "exits"

        def fit(self, task, parameters, rows, validation, resources):
            import os

            os._exit(3)

    without, with_them = fit(), fit(Raises(), Exits())
    failed = with_them.leaderboard().filter(pl.col("status") == "failed")

    assert (without.predict_proba(TABLE) == with_them.predict_proba(TABLE)).all()
    reasons = " ".join(failed["reason"])
    assert "Transform 'raises': RuntimeError: boom" in reasons
    assert "in transform 'exits'" in reasons
