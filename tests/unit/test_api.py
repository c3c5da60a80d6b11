import functools
import gc
import json
import pickle
import shutil
import weakref
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from sklearn.base import clone
from sklearn.model_selection import KFold
from tests.small_models import fitted, small_model, small_table

import headstart
from headstart import AutoClassifier, Validation
from headstart.api import describe, prediction, training
from headstart.artifact import read_artifact, write_artifact
from headstart.ensemble.fitted_model import FittedModel
from headstart.exceptions import ArtifactError, HeadstartWarning, MissingPluginError
from headstart.facts import ColumnFact, FindingFact
from headstart.sdk import from_estimator
from headstart.tables import to_table
from headstart.tables.read.batches import read_batches


@pytest.fixture
def model():
    return fitted(small_model(), random_state=3)


def test_a_clone_shares_the_executor_and_nothing_else(model):
    executor = ThreadPoolExecutor(1)
    model.set_params(executor=executor, learners=["logistic"])

    twin = clone(model)

    assert twin.executor is model.executor is executor
    assert twin.learners == ["logistic"]
    assert twin.learners is not model.learners
    assert not hasattr(twin, "model_")


def test_a_clone_keeps_what_is_requested_of_metadata():
    import sklearn

    with sklearn.config_context(enable_metadata_routing=True):
        model = AutoClassifier().set_fit_request(sample_weight=True)

        assert clone(model).get_metadata_routing().fit.requests["sample_weight"] is True


def test_where_a_run_took_place_goes_to_nobody(model, tmp_path):
    model.set_params(run_dir="/home/me/secret", resume=True, learn=True)
    path = model.save(tmp_path / "m/")

    again = headstart.load(path)

    assert (again.run_dir, again.resume, again.learn) == (None, False, False)
    for file in Path(path).rglob("*"):
        assert file.is_dir() or b"secret" not in file.read_bytes()


@pytest.mark.parametrize("name", ["run_dir", "resume", "learn", "executor"])
def test_where_a_run_takes_place_is_not_taken_from_a_file(model, tmp_path, name):
    model.save(tmp_path / "m")
    artifact = read_artifact(tmp_path / "m")
    constructor = json.loads(artifact.parts["constructor.json"])
    constructor["parameters"][name] = "/tmp/elsewhere"
    parts = {**artifact.parts, "constructor.json": json.dumps(constructor).encode()}
    write_artifact(tmp_path / "n", parts)

    again = headstart.load(tmp_path / "n")

    assert getattr(again, name) == getattr(AutoClassifier(), name)


def test_parameters_come_back_as_they_were(model, tmp_path):
    parameters = {
        "random_state": np.int64(3),
        "validation": Validation(folds=5, groups="city"),
        "learners": ("logistic", "-svm"),
        "columns": {"city": "categorical"},
        "memory_limit": np.float32(2.5),
        "metric": "log_loss",
    }
    model.set_params(**parameters)

    again = headstart.load(model.save(tmp_path / "m"))

    expected = parameters | {"learners": ["logistic", "-svm"]}
    assert {name: again.get_params()[name] for name in expected} == expected


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("metric", max),
        ("validation", KFold(3)),
        ("random_state", np.random.RandomState(0)),
    ],
)
def test_a_parameter_that_a_file_cannot_hold_is_named_when_it_is_saved(
    model, tmp_path, name, value
):
    model.set_params(**{name: value})

    with pytest.warns(HeadstartWarning, match=f"without its parameters {name}: "):
        path = model.save(tmp_path / "m")

    assert getattr(headstart.load(path), name) == getattr(AutoClassifier(), name)


@pytest.mark.parametrize("ending", ["", "/"])
@pytest.mark.parametrize("fate", ["gone", "replaced"])
def test_a_loaded_model_is_whole_when_its_file_is_gone_or_replaced(
    model, tmp_path, ending, fate
):
    path = model.save(f"{tmp_path}/m{ending}")
    loaded = headstart.load(path)
    if fate == "replaced":
        fitted(small_model(folds=1)).save(f"{tmp_path}/m{ending}")
    elif ending:
        shutil.rmtree(path)
    else:
        path.unlink()

    expected = model.predict_proba(small_table())
    for again in (
        pickle.loads(pickle.dumps(loaded)),
        headstart.load(loaded.save(tmp_path / "again")),
    ):
        assert np.array_equal(again.predict_proba(small_table()), expected)


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="needs /proc/self/fd")
def test_loading_again_and_again_leaves_no_file_open(model, tmp_path):
    path = model.save(tmp_path / "m")

    def n_open():
        return len(list(Path("/proc/self/fd").iterdir()))

    loaded = headstart.load(path)
    before = n_open()
    for _ in range(30):
        loaded = headstart.load(path)
    assert n_open() == before

    del loaded
    assert n_open() == before - 1


def test_a_model_is_described_without_the_plugin_of_its_learner(tmp_path):
    from sklearn.naive_bayes import GaussianNB

    learner = from_estimator("bayes_of_mine", GaussianNB)
    path = fitted(small_model("binary", learner)).save(tmp_path / "m")
    with pytest.raises(MissingPluginError, match="'bayes_of_mine'"):
        headstart.load(path)

    with pytest.warns(HeadstartWarning, match="'bayes_of_mine'"):
        described = describe(path)

    (member,) = described.info()["members"]
    assert member["learner"] == "bayes_of_mine"
    assert member["holds_rows"] is None
    assert described.leaderboard().height == 0
    with pytest.raises(MissingPluginError, match="'bayes_of_mine'"):
        described.predict(small_table())


@pytest.mark.parametrize(
    ("learner", "holds_rows"),
    [("k_neighbors", True), ("svm", True), ("kernel", True), ("mlp", False)],
)
def test_info_says_whether_a_member_holds_training_rows(learner, holds_rows):
    (member,) = fitted(small_model("binary", learner)).info()["members"]

    assert member["holds_rows"] is holds_rows


def test_a_described_model_that_is_damaged_is_refused(model, tmp_path):
    path = Path(model.save(f"{tmp_path}/m/"))
    part = path / "models" / "0-0-1" / "target.json"
    part.write_bytes(part.read_bytes()[:-1] + b" ")

    with pytest.raises(ArtifactError, match="0-0-1"):
        describe(path)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("class", "AutoRegressor"),
        ("class", ["AutoClassifier"]),
        ("class", None),
        ("parameters", ["time_limit"]),
        ("parameters", None),
        ("parameters", {"validation_plan": {"folds": -3}}),
        ("parameters", {"validation_plan": 3}),
        ("feature_names", 3),
        ("feature_names", [1, 2]),
    ],
)
def test_a_wrong_constructor_in_a_file_is_refused(model, tmp_path, key, value):
    model.save(tmp_path / "m")
    artifact = read_artifact(tmp_path / "m")
    constructor = json.loads(artifact.parts["constructor.json"]) | {key: value}
    parts = {**artifact.parts, "constructor.json": json.dumps(constructor).encode()}
    write_artifact(tmp_path / "n", parts)

    with pytest.raises(ArtifactError):
        headstart.load(tmp_path / "n")


@pytest.mark.parametrize(
    ("versions", "learner", "is_told"),
    [
        ({"scikit-learn": "0.1"}, "skops", True),
        ({"scikit-learn": "0.1"}, "arrays", False),
        ({"headstart": "0.0.1", "python": "3.2.0"}, "skops", False),
        ({"no-such-distribution": "1"}, "skops", False),
    ],
)
def test_other_versions_are_told_where_they_read_the_model(
    tmp_path, recwarn, versions, learner, is_told
):
    from sklearn.naive_bayes import GaussianNB

    bayes = from_estimator("bayes_of_mine", GaussianNB)
    model = small_model("binary", bayes if learner == "skops" else None)
    model = replace(model, facts=replace(model.facts, versions=versions))
    path = fitted(model).save(tmp_path / "m")

    headstart.load(path, learners=[bayes])

    messages = [str(warning.message) for warning in recwarn]
    assert any("scikit-learn 0.1 (here" in text for text in messages) == is_told
    assert len(messages) == is_told


@pytest.mark.slow
def test_a_table_of_very_many_columns_is_saved(tmp_path):
    model = small_model()
    columns = tuple(
        ColumnFact(f"column {i}", "constant", "one value only: 'x'", 0, 1, False, ())
        for i in range(50_000)
    )
    findings = tuple(
        FindingFact("constant", "note", (c.name,), "It has one value." * 5, {}, "")
        for c in columns
    )
    facts = replace(model.facts, columns=columns, findings=findings)
    model = replace(model, facts=facts)
    estimator = fitted(model)
    estimator.feature_names_in_ = np.array([c.name for c in columns], dtype=object)

    again = headstart.load(estimator.save(tmp_path / "m"))

    assert again.analysis().columns == columns
    assert [c["name"] for c in again.info()["columns"]] == [c.name for c in columns]
    assert again.feature_names_in_.tolist() == [c.name for c in columns]


@pytest.fixture
def batches(monkeypatch):
    """Count the rows of the tables that are predicted at once."""
    sizes = []
    predict = FittedModel.predict_and_count

    def note(self, data):
        outputs, unseen = predict(self, data)
        sizes.append(len(outputs))
        return outputs, unseen

    monkeypatch.setattr(FittedModel, "predict_and_count", note)
    read_few = functools.partial(read_batches, block_bytes=20_000)
    monkeypatch.setattr(prediction, "read_batches", read_few)
    return sizes


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_a_file_is_predicted_some_rows_at_a_time(model, tmp_path, batches, ending):
    table = small_table(12_000).with_columns(
        city=pl.when(pl.int_range(pl.len()) % 1_000 == 7)
        .then(pl.lit("Paris"))
        .otherwise("city")
    )
    path = tmp_path / f"new.{ending}"
    table.write_csv(path) if ending == "csv" else table.write_parquet(path)
    with pytest.warns(HeadstartWarning, match="city"):
        expected = model.predict_proba(table)
    batches.clear()

    with pytest.warns(HeadstartWarning, match="city") as warned:
        predicted = model.predict_proba(path)

    assert len(batches) > 1
    assert max(batches) < 6_000
    np.testing.assert_allclose(predicted, expected)
    # One warning for the file, with all of its values.
    assert len(warned) == 1
    assert "'city' 12." in str(warned[0].message)


def test_a_file_without_rows_has_no_predictions(model, tmp_path):
    path = tmp_path / "none.csv"
    small_table().head(0).write_csv(path)

    assert model.predict_proba(path).shape == (0, 2)


def test_a_fit_holds_no_table_of_rows_without_a_target(monkeypatch, tmp_path):
    tables, alive = [], []

    def read(data, **options):
        frame, reading = to_table(data, **options)
        tables.append(weakref.ref(frame))
        return frame, reading

    def search(self, *_, **__):
        gc.collect()
        alive.append(tables[0]() is not None)
        return self

    monkeypatch.setattr(training, "to_table", read)
    monkeypatch.setattr(AutoClassifier, "_search", search)
    path = tmp_path / "train.csv"
    path.write_text("x,y\n1,a\n2,b\n3,\n4,a\n")

    with pytest.warns(HeadstartWarning, match="1 of 4 rows"):
        headstart.train(path, target="y")

    assert alive == [False]
