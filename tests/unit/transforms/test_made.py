"""What the built-in transforms make, say of it, and store."""

import numpy as np
import polars as pl
import pytest

from headstart.base import (
    Resources,
    TableColumn,
    TableColumns,
    TableRows,
    Task,
    TaskKind,
)
from headstart.exceptions import ArtifactError
from headstart.transforms.count_encoding import CountEncoding
from headstart.transforms.generated_features import GeneratedFeatures
from headstart.transforms.target_encoding import TargetEncoding

TASK = Task(TaskKind.REGRESSION, 1_000, 2, 1, 0, "rmse")
PARTS = np.arange(300) % 3


def table_of(n_levels):
    return TableColumns(
        (
            TableColumn("a", "numeric", "a", "numeric"),
            TableColumn("b", "numeric", "b", "numeric"),
            TableColumn("town", "categorical", "town", "categorical", n_levels),
            TableColumn("pca", "numeric", "pca", "made"),
        )
    )


def products():
    rng = np.random.default_rng(0)
    X = pl.DataFrame(rng.normal(size=(300, 3)), schema=["a", "b", "c"])
    return X, (X["a"] * X["b"]).to_numpy()


def fit_transform(transform, X, y, task=TASK, resources=None, **parameters):
    return transform.fit_transform(
        task, parameters, TableRows(X, y, None, PARTS), None, resources or Resources()
    )


def test_a_planted_product_is_found_told_and_made_of_new_rows():
    X, y = products()
    transform = GeneratedFeatures()

    fitted, made = fit_transform(transform, X, y, n_features=3)

    first = transform.explain(fitted)[0]
    assert (first.name, first.words, first.kept) == ("a * b", "a times b", True)
    assert first.gain > 0.2
    np.testing.assert_allclose(made["a * b"], y)
    loaded = transform.load(transform.dump(fitted))
    assert transform.transform(loaded, X[:9], TASK)["a * b"].equals(made["a * b"][:9])
    assert transform.explain(loaded) == transform.explain(fitted)


def test_a_family_without_the_formula_does_not_find_it():
    X, y = products()

    _, made = fit_transform(GeneratedFeatures(), X, y, families="categories")

    assert made.width == 0


def test_a_column_that_is_named_as_the_formula_stands_in_no_ones_way():
    X, y = products()
    X = X.with_columns(pl.lit(0.0).alias("a * b"))

    _, made = fit_transform(GeneratedFeatures(), X, y)

    assert "a * b" not in made.columns


def test_nothing_is_made_where_time_is_up():
    X, y = products()
    late = Resources(deadline=0.0)

    fitted, made = fit_transform(GeneratedFeatures(), X, y, resources=late)

    assert made.width == 0
    assert GeneratedFeatures().explain(fitted) == []


def test_levels_are_counted_and_unseen_ones_are_none():
    towns = pl.Enum(["Bonn", "Rom", "Ulm"])
    X = pl.DataFrame(
        {"town": pl.Series(["Ulm", "Ulm", "Bonn", None] * 75, dtype=towns)}
    )
    new = pl.DataFrame({"town": pl.Series(["Ulm", "Rom", None], dtype=towns)})
    transform = CountEncoding()

    fitted, _ = fit_transform(transform, X, None)

    [shares] = transform.transform(fitted, new, TASK).get_columns()
    assert shares.to_list() == [0.5, 0.0, 0.25]
    assert transform.explain(fitted)[0].words == "share of training rows with this town"


def test_each_of_three_classes_has_a_column_of_means():
    X = pl.DataFrame({"town": pl.Series(["u", "v", "w"] * 100, dtype=pl.Enum("uvw"))})
    task = Task(TaskKind.MULTICLASS, 1_000, 0, 1, 3, "log_loss")

    fitted, made = fit_transform(TargetEncoding(), X, np.arange(300) % 3, task=task)

    assert made.width == 3
    new = TargetEncoding().transform(fitted, X[:1], task)
    assert new.row(0) == pytest.approx((1.0, 0.0, 0.0))


def test_a_training_fold_of_one_class_makes_nothing():
    X = pl.DataFrame({"town": pl.Series(["u", "v"] * 150, dtype=pl.Enum("uv"))})
    task = Task(TaskKind.BINARY, 1_000, 0, 1, 2, "roc_auc")
    y = np.zeros(300, dtype=np.int64)

    for transform in (TargetEncoding(), GeneratedFeatures()):
        assert fit_transform(transform, X, y, task=task)[1].width == 0


def test_what_an_earlier_transform_made_is_left_alone():
    assert list(GeneratedFeatures().columns(table_of(5), TASK)) == ["a", "b", "town"]
    assert list(TargetEncoding().columns(table_of(5), TASK)) == ["town"]


@pytest.mark.parametrize(
    "transform", [CountEncoding(), GeneratedFeatures(), TargetEncoding()]
)
def test_nothing_is_promised_for_few_rows(transform):
    few = Task(TaskKind.REGRESSION, 150, 2, 1, 0, "rmse")

    assert transform.promise(table_of(50), few) == 0
    assert transform.promise(table_of(50), TASK) > 0


@pytest.mark.parametrize("transform", [CountEncoding(), TargetEncoding()])
def test_little_is_encoded_of_few_levels(transform):
    assert transform.promise(table_of(5), TASK) == 0


def test_gains_that_do_not_fit_are_refused():
    X, y = products()
    transform = GeneratedFeatures()
    parts = dict(transform.dump(fit_transform(transform, X, y)[0]))

    for wrong in (b"[]", b'["x"]', b"{", b"[" * 100_000):
        with pytest.raises(ArtifactError):
            transform.load({**parts, "gains.json": wrong})
