"""Tables and settings as users have them: a clear error, or the right thing done."""

import os
import subprocess

import numpy as np
import pandas as pd
import polars as pl
import pytest
import scipy.sparse
from sklearn.exceptions import NotFittedError

import headstart
from headstart import AutoClassifier, AutoRegressor, Validation
from headstart.exceptions import (
    BudgetError,
    ColumnError,
    HeadstartError,
    HeadstartWarning,
    PluginError,
    RunFolderError,
    TableError,
)

SMALL = {"time_limit": None, "max_trials": 1, "n_jobs": 1, "random_state": 0}


@pytest.fixture(autouse=True)
def in_process(monkeypatch):
    """Run fold fits here: what workers do is tested elsewhere, and costs seconds."""
    monkeypatch.setenv("HEADSTART_EXECUTION", "in-process")


def classifier(**settings):
    return AutoClassifier(**(SMALL | {"learners": ["logistic"]} | settings))


def regressor(**settings):
    return AutoRegressor(**(SMALL | {"learners": ["ridge"]} | settings))


def table(n=60):
    rng = np.random.default_rng(0)
    return pl.DataFrame(
        {
            "age": rng.integers(18, 80, n).astype(float),
            "income": rng.normal(size=n),
            "city": rng.choice(["Bern", "Oslo", "Rome"], n),
        }
    )


def labels(n=60):
    return np.arange(n) % 2


@pytest.fixture(scope="module")
def fitted():
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HEADSTART_EXECUTION", "in-process")
        return classifier().fit(table(), labels())


def message_of(error, function, *arguments, **settings):
    with pytest.raises(error) as raised:
        function(*arguments, **settings)
    return str(raised.value)


def assert_usable(model, X, n_classes=2):
    """A fitted classifier gives proper probabilities and known labels for `X`."""
    probability = model.predict_proba(X)
    assert probability.shape[1] == n_classes
    assert np.isfinite(probability).all()
    assert np.allclose(probability.sum(axis=1), 1)
    assert set(model.predict(X)) <= set(model.classes_)


# Tables that cannot be learnt from


@pytest.mark.parametrize(
    ("X", "words"),
    [
        (table().head(0), "row|sample"),
        (pl.DataFrame(), "row|sample|column|feature"),
        (np.empty((0, 3)), "row|sample"),
        (pd.DataFrame(), "row|sample|column|feature"),
    ],
)
def test_an_empty_table_is_refused(X, words):
    text = message_of(TableError, classifier().fit, X, [])

    assert any(word in text for word in words.split("|"))


def test_a_table_without_columns_is_refused():
    text = message_of(TableError, classifier().fit, np.empty((60, 0)), labels())

    assert "column" in text or "feature" in text


@pytest.mark.parametrize("make", [classifier, regressor])
def test_one_row_is_refused(make):
    text = message_of(TableError, make().fit, table(1), [1.0])

    assert "row" in text or "sample" in text or "class" in text


@pytest.mark.parametrize("y", [np.zeros(60, int), ["yes"] * 60, [True] * 60])
def test_one_class_is_refused_and_named(y):
    text = message_of(TableError, classifier().fit, table(), y)

    assert "class" in text
    assert str(y[0]) in text


def test_a_target_column_that_is_absent_is_refused_with_the_near_name():
    frame = table().with_columns(churned=pl.Series(labels()))

    text = message_of(ColumnError, classifier().fit, frame, "churn")

    assert "'churn'" in text
    assert "churned" in text


def test_no_target_at_all_is_refused():
    assert "y" in message_of(ValueError, classifier().fit, table())


def test_a_target_of_another_length_is_refused_with_both_lengths():
    text = message_of(TableError, classifier().fit, table(60), labels(59))

    assert "60" in text
    assert "59" in text


@pytest.mark.parametrize(
    ("make", "y"),
    [
        (classifier, [None, "a", "b"] * 20),
        (classifier, [float("nan"), 0.0, 1.0] * 20),
        (regressor, [float("nan"), 0.0, 1.0] * 20),
        (regressor, pl.Series([None, 0.0, 1.0] * 20)),
    ],
)
def test_a_target_with_missing_values_is_refused_with_their_number(make, y):
    text = message_of(TableError, make().fit, table(), y)

    assert "20" in text
    assert "missing" in text or "null" in text or "NaN" in text


def test_a_target_column_with_missing_values_is_refused():
    frame = table().with_columns(y=pl.Series([None, "a", "b"] * 20))

    assert "20" in message_of(TableError, classifier().fit, frame, "y")


def test_an_infinite_target_is_refused():
    y = np.arange(60.0)
    y[7] = np.inf

    assert "infini" in message_of(TableError, regressor().fit, table(), y).lower()


def test_a_text_target_cannot_be_regressed():
    y = ["low", "high"] * 30

    assert "number" in message_of(ValueError, regressor().fit, table(), y)


def test_duplicated_column_names_are_refused_and_named():
    frame = pd.DataFrame(np.zeros((60, 3)), columns=["a", "b", "a"])

    assert "'a'" in message_of(ColumnError, classifier().fit, frame, labels())


def test_names_that_become_the_same_text_are_refused():
    frame = pd.DataFrame(np.zeros((60, 2)), columns=[0, "0"])

    assert "0" in message_of(ColumnError, classifier().fit, frame, labels())


def test_a_three_dimensional_array_is_refused():
    X = np.zeros((60, 2, 2))

    assert "dimension" in message_of(ValueError, classifier().fit, X, labels())


# Tables that are odd, and can be learnt from


def test_an_all_missing_column_does_no_harm():
    X = table().with_columns(empty=pl.lit(None, dtype=pl.Float64), void=pl.lit(None))

    assert_usable(classifier().fit(X, labels()), X)


def test_a_constant_column_does_no_harm():
    X = table().with_columns(one=pl.lit(1.0), same=pl.lit("x"))

    assert_usable(classifier().fit(X, labels()), X)


def test_a_table_of_constants_alone_predicts_the_shares_of_the_classes():
    X = pl.DataFrame({"one": [1.0] * 60, "same": ["x"] * 60})

    model = classifier().fit(X, [0, 0, 1] * 20)

    assert np.allclose(model.predict_proba(X), [2 / 3, 1 / 3], atol=0.02)


@pytest.mark.parametrize("learner", ["logistic", "hist_gradient_boosting"])
def test_infinite_values_are_taken_as_missing_in_fit_and_predict(learner):
    age = table()["age"].to_numpy().copy()
    age[[3, 4]] = np.inf, -np.inf
    X = table().with_columns(age=pl.Series(age))

    model = classifier(learners=[learner]).fit(X, labels())

    assert_usable(model, X)


@pytest.mark.parametrize("learner", ["logistic", "hist_gradient_boosting"])
def test_a_thousand_levels_are_learnt_from(learner):
    level = np.arange(2000) % 1000
    X = pl.DataFrame({"code": [f"c{i}" for i in level], "x": level**0.5})

    model = classifier(learners=[learner]).fit(X, level % 2)

    assert_usable(model, X)


@pytest.mark.parametrize("dtype", [object, "U9"])
def test_numpy_arrays_of_objects_and_text_are_learnt_from(dtype):
    X = table().to_numpy().astype(dtype)

    assert_usable(classifier().fit(X, labels()), X)


def test_an_object_array_of_numbers_predicts_as_its_numbers_do():
    numbers = table().drop("city").to_numpy()

    of_objects = classifier().fit(numbers.astype(object), labels())
    of_numbers = classifier().fit(numbers, labels())

    assert np.array_equal(
        of_objects.predict_proba(numbers.astype(object)),
        of_numbers.predict_proba(numbers),
    )


@pytest.mark.parametrize(
    "form", ["csr_matrix", "csc_matrix", "coo_matrix", "csr_array"]
)
def test_sparse_matrices_predict_as_their_dense_form_does(form):
    rng = np.random.default_rng(0)
    dense = rng.normal(size=(60, 5)) * (rng.random((60, 5)) < 0.3)
    sparse = getattr(scipy.sparse, form)(dense)

    of_sparse = classifier().fit(sparse, labels()).predict_proba(sparse)
    of_dense = classifier().fit(dense, labels()).predict_proba(dense)

    assert np.array_equal(of_sparse, of_dense)


def test_names_that_are_not_text_are_kept_as_text():
    X = pd.DataFrame(np.random.default_rng(0).normal(size=(60, 3)))
    X.columns = [1, 2.5, ("a", "b")]

    model = classifier().fit(X, labels())

    assert_usable(model, X)
    assert_usable(model, X[[("a", "b"), 1, 2.5]])


@pytest.mark.parametrize(
    "y",
    [
        labels().astype(bool),
        np.where(labels(), "yes", "no"),
        np.where(labels(), "yes", "no").astype(object),
        labels() * 4 + 3,
        labels() - 1,
        labels().astype(np.uint8),
        labels().astype(float),
    ],
    ids=["bool", "str", "object", "3-7", "negative", "uint8", "float"],
)
def test_labels_come_back_as_they_went(y):
    model = classifier().fit(table(), y)

    assert list(model.classes_) == sorted(set(y))
    assert_usable(model, table())
    assert model.predict(table()).dtype.kind == model.classes_.dtype.kind
    assert type(model.classes_[0]) is type(np.sort(y)[0])


@pytest.mark.parametrize(
    "y",
    [
        pl.Series(np.where(labels(), "yes", "no"), dtype=pl.Categorical),
        pd.Series(pd.Categorical(np.where(labels(), "yes", "no"))),
        pd.Series(np.where(labels(), "yes", "no"), index=range(100, 160)),
        list(np.where(labels(), "yes", "no")),
    ],
    ids=["polars", "categorical", "index", "list"],
)
def test_labels_of_any_vector_are_text_again(y):
    model = classifier().fit(table(), y)

    assert list(model.classes_) == ["no", "yes"]
    assert set(model.predict(table())) <= {"no", "yes"}


def test_a_class_of_three_rows_is_kept_with_eight_folds():
    y = np.array(["often"] * 30 + ["common"] * 27 + ["rare"] * 3)

    model = classifier(validation=Validation(folds=8)).fit(table(), y)

    assert list(model.classes_) == ["common", "often", "rare"]
    assert_usable(model, table(), n_classes=3)


def test_a_class_of_one_row_is_kept():
    y = np.array(["often"] * 30 + ["common"] * 29 + ["once"])

    assert_usable(classifier().fit(table(), y), table(), n_classes=3)


def test_more_folds_than_rows_are_refused():
    settings = {"validation": Validation(folds=80)}

    text = message_of(ValueError, classifier(**settings).fit, table(), labels())

    assert "80" in text
    assert "60" in text


# Tables to predict that differ from those learnt from


def test_unseen_levels_are_predicted(fitted):
    X = table().with_columns(city=pl.lit("Atlantis"))

    assert_usable(fitted, X)


def test_a_missing_column_is_named(fitted):
    text = message_of(ColumnError, fitted.predict, table().drop("income"))

    assert "'income'" in text


def test_a_misspelt_column_is_offered(fitted):
    text = message_of(ColumnError, fitted.predict, table().rename({"income": "incme"}))

    assert "'income'" in text
    assert "'incme'" in text


def test_reordered_and_added_columns_change_nothing(fitted):
    other = table().select("city", "income", pl.lit(3).alias("added"), "age")

    assert np.array_equal(fitted.predict_proba(other), fitted.predict_proba(table()))


@pytest.mark.parametrize("column", ["age", "income"])
def test_text_in_a_column_of_numbers_is_named(fitted, column):
    X = table().with_columns(pl.lit("unknown!").alias(column))

    text = message_of(ColumnError, fitted.predict, X)

    assert f"'{column}'" in text
    assert "unknown!" in text or "number" in text


def test_dates_in_a_column_of_numbers_are_named(fitted):
    X = table().with_columns(age=pl.date(2020, 1, 1))

    assert "'age'" in message_of(ColumnError, fitted.predict, X)


def test_other_widths_of_numbers_predict_the_same(fitted):
    X = table().with_columns(pl.col("age").cast(pl.Int16))

    assert np.array_equal(fitted.predict_proba(X), fitted.predict_proba(table()))


def test_pandas_predicts_as_polars_does(fitted):
    X = table()

    assert np.array_equal(fitted.predict_proba(X.to_pandas()), fitted.predict_proba(X))


def test_missing_values_only_seen_at_predict_are_predicted(fitted):
    X = table().with_columns(
        age=pl.lit(None, dtype=pl.Float64), city=pl.lit(None, dtype=pl.String)
    )

    assert_usable(fitted, X)


def test_duplicated_columns_at_predict_are_named(fitted):
    X = table().to_pandas()
    X = pd.concat([X, X[["age"]]], axis=1)

    assert "'age'" in message_of(ColumnError, fitted.predict, X)


def test_no_rows_predict_nothing(fitted):
    assert fitted.predict(table().head(0)).shape == (0,)
    assert fitted.predict_proba(table().head(0)).shape == (0, 2)


def test_one_row_is_predicted_as_in_the_table(fitted):
    assert np.allclose(
        fitted.predict_proba(table().head(1)), fitted.predict_proba(table())[:1]
    )


def test_an_array_of_another_width_is_refused_with_both_widths():
    X = table().drop("city").to_numpy()
    model = classifier().fit(X, labels())

    text = message_of(ValueError, model.predict, X[:, :1])

    assert "1" in text
    assert "2" in text


def test_predicting_before_fitting_is_refused():
    with pytest.raises(NotFittedError):
        classifier().predict(table())


# Weights, groups and limits


@pytest.mark.parametrize(
    ("weight", "word"),
    [
        ([-1.0] + [1.0] * 59, "negative"),
        ([float("nan")] + [1.0] * 59, "weight"),
        ([float("inf")] + [1.0] * 59, "weight"),
        ([1.0] * 59, "59"),
        ([0.0] * 60, "weight"),
        (["heavy"] * 60, "weight"),
    ],
    ids=["negative", "nan", "infinite", "short", "zero", "text"],
)
def test_weights_that_make_no_sense_are_refused(weight, word):
    text = message_of(
        ValueError, classifier().fit, table(), labels(), sample_weight=weight
    )

    assert word in text


def test_weights_of_zero_among_others_are_taken():
    weight = np.r_[np.zeros(10), np.ones(50)]

    assert_usable(classifier().fit(table(), labels(), sample_weight=weight), table())


def test_groups_of_another_length_are_refused():
    text = message_of(ValueError, classifier().fit, table(), labels(), groups=[1] * 59)

    assert "59" in text


@pytest.mark.parametrize(
    "limit", [0, -1, float("nan"), "ten", "", [], True, -float("inf"), 1 + 2j]
)
def test_a_time_limit_that_makes_no_sense_is_refused(limit):
    model = classifier(time_limit=limit, max_trials=None)

    assert "time_limit" in message_of(BudgetError, model.fit, table(), labels())


@pytest.mark.parametrize("trials", [0, -3, 1.5, "two", True])
def test_a_number_of_trials_that_makes_no_sense_is_refused(trials):
    model = classifier(max_trials=trials)

    assert "max_trials" in message_of(BudgetError, model.fit, table(), labels())


def test_no_limit_at_all_is_refused():
    model = classifier(time_limit=None, max_trials=None)

    text = message_of(BudgetError, model.fit, table(), labels())

    assert "time_limit" in text
    assert "max_trials" in text


@pytest.mark.parametrize("n_jobs", [0, "all", 1.5])
def test_a_number_of_jobs_that_makes_no_sense_is_refused(n_jobs):
    model = classifier(n_jobs=n_jobs)

    assert "n_jobs" in message_of(ValueError, model.fit, table(), labels())


@pytest.mark.parametrize("limit", [0, -1, "much", "4 parsecs", float("nan")])
def test_a_memory_limit_that_makes_no_sense_is_refused(limit):
    model = classifier(memory_limit=limit)

    assert "memory_limit" in message_of(BudgetError, model.fit, table(), labels())


def test_a_time_limit_too_short_for_a_trial_still_gives_a_model():
    model = classifier(time_limit=0.01, max_trials=None)

    assert_usable(model.fit(table(), labels()), table())


def test_a_misspelt_learner_is_offered():
    model = classifier(learners=["logistc"])

    text = message_of(PluginError, model.fit, table(), labels())

    assert "'logistc'" in text
    assert "'logistic'" in text


def test_a_learner_of_another_task_is_refused():
    model = classifier(learners=["ridge"])

    assert "ridge" in message_of(PluginError, model.fit, table(), labels())


def test_a_misspelt_metric_is_offered():
    model = classifier(metric="roc_uac")

    assert "'roc_auc'" in message_of(ValueError, model.fit, table(), labels())


def test_a_metric_of_another_task_is_refused():
    model = classifier(metric="rmse")

    assert "rmse" in message_of(ValueError, model.fit, table(), labels())


def test_an_override_of_an_unknown_column_or_kind_is_refused():
    model = classifier(columns={"agee": "numeric"})
    assert "'age'" in message_of(ColumnError, model.fit, table(), labels())

    model = classifier(columns={"age": "number"})
    assert "'numeric'" in message_of(ValueError, model.fit, table(), labels())


# Folders and disks


@pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="there is no /proc")  # noqa: PTH112
def test_a_run_folder_that_cannot_be_made_is_refused():
    # Nobody may make a folder there, not even root.
    model = classifier(run_dir="/proc/run")

    text = message_of(RunFolderError, model.fit, table(), labels())

    assert "/proc/run" in text


def test_a_run_folder_that_is_a_file_is_refused(tmp_path):
    (tmp_path / "run").write_text("mine")
    model = classifier(run_dir=tmp_path / "run")

    text = message_of(RunFolderError, model.fit, table(), labels())

    assert str(tmp_path / "run") in text
    assert (tmp_path / "run").read_text() == "mine"


def test_a_model_is_not_saved_where_there_is_no_folder(fitted, tmp_path):
    text = message_of(OSError, fitted.save, tmp_path / "absent" / "m.headstart")

    assert "absent" in text


@pytest.fixture
def small_disk(tmp_path):
    """Give a folder on a disk of 64 kB, too small for a run or a model."""
    if os.name != "posix" or os.geteuid() != 0:
        pytest.skip("only root may mount a small disk")
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", folder],
        capture_output=True,
        check=False,
    )
    if mounted.returncode != 0:
        pytest.skip(f"a small disk cannot be mounted: {mounted.stderr.decode()}")
    yield folder
    subprocess.run(["umount", "--lazy", folder], check=True)


def test_a_full_disk_under_a_run_is_said(small_disk):
    rng = np.random.default_rng(0)
    model = classifier(run_dir=small_disk / "run")

    text = message_of(
        (HeadstartError, OSError), model.fit, rng.normal(size=(3000, 5)), labels(3000)
    )

    assert "disk" in text or "space" in text


def test_a_full_disk_under_a_saved_model_is_said(fitted, small_disk):
    (small_disk / "filler").write_bytes(bytes(60_000))

    text = message_of(OSError, fitted.save, small_disk / "m.headstart")

    assert "disk is full" in text
    assert [entry.name for entry in small_disk.iterdir()] == ["filler"]


# Files


def test_a_file_that_is_not_there_is_named(tmp_path):
    text = message_of(
        (OSError, TableError), headstart.train, tmp_path / "absent.csv", target="y"
    )

    assert "absent.csv" in text


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"a,b,y\n",
        b"a,b,y\n1,2,0\n1,2,3,4,5\n1,2,1\n",
        b'a,b,y\n1,"unclosed,0\n2,3,1\n',
        b"\x00\x01\x02\x03" * 100,
        b"PAR1" + bytes(100),
    ],
    ids=["empty", "header", "ragged", "quote", "binary", "parquet"],
)
def test_a_malformed_csv_is_refused_and_named(tmp_path, content):
    path = tmp_path / "bad.csv"
    path.write_bytes(content)

    text = message_of(
        TableError, headstart.train, path, target="y", **SMALL, learners=["logistic"]
    )

    assert "bad.csv" in text or "row" in text


def test_a_csv_that_is_not_utf_8_is_read_as_western_with_a_warning(tmp_path):
    path = tmp_path / "latin.csv"
    cities = ["Zürich", "Málaga"]
    rows = "".join(f"{i},{cities[i % 2]}\n" for i in range(60))
    path.write_bytes(f"a,city\n{rows}".encode("latin-1"))

    with pytest.warns(HeadstartWarning, match=r"latin\.csv is not UTF-8 \(line 2\)"):
        model = headstart.train(path, target="city", **SMALL, learners=["logistic"])

    assert list(model.classes_) == ["Málaga", "Zürich"]


@pytest.mark.filterwarnings("ignore:The file noise.csv is not UTF-8")
def test_bytes_that_are_no_text_at_all_are_refused(tmp_path):
    path = tmp_path / "noise.csv"
    path.write_bytes(np.random.default_rng(0).bytes(5000))

    assert "noise.csv" in message_of(TableError, headstart.train, path, target="y")


def test_a_good_csv_is_learnt_from_and_predicted(tmp_path):
    path = tmp_path / "good.csv"
    table().with_columns(y=pl.Series(labels())).write_csv(path)

    model = headstart.train(path, target="y", **SMALL, learners=["logistic"])

    assert isinstance(model, AutoClassifier)
    assert_usable(model, path)


@pytest.mark.parametrize("ending", ["parquet", "arrow", "feather"])
def test_a_malformed_binary_file_is_refused_and_named(tmp_path, ending):
    path = tmp_path / f"bad.{ending}"
    path.write_bytes(b"PAR1" + bytes(50) + b"PAR1")

    assert f"bad.{ending}" in message_of(TableError, headstart.train, path, target="y")


@pytest.mark.parametrize("data", [None, 3, "", object(), [1, 2, 3], {"a": 1}])
def test_what_is_no_table_is_refused(data):
    with pytest.raises((TableError, TypeError, FileNotFoundError)) as raised:
        classifier().fit(data, labels(3))

    assert str(raised.value)
