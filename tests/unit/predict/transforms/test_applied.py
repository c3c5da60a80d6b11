"""Fitted transforms that headstart itself applies, without the transform."""

import json
from contextlib import suppress
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import polars as pl
import pytest

from headstart.base import (
    Resources,
    StoredTransform,
    TableRows,
    Task,
    TaskKind,
    Transform,
)
from headstart.base.arrays import pack_arrays, unpack_arrays
from headstart.exceptions import ArtifactError, ColumnError
from headstart.features.fitted.packing import ARRAYS
from headstart.plugins import load_plugins
from headstart.predict import TRANSFORM_KINDS, kind_of_transform, transform_of_kind

N = 120
TASK = Task(TaskKind.BINARY, N, 1, 1, 2, "roc_auc")
RANDOM = np.random.default_rng(0)
Y = (RANDOM.random(N) < 0.4).astype(np.int64)
TOWNS = pl.Enum(["Bonn", "Rom", "Ulm"])
X = pl.DataFrame(
    {
        "a": RANDOM.normal(size=N) + Y,
        "town": pl.Series(["Bonn", "Rom", "Ulm"] * (N // 3), dtype=TOWNS),
        "note": [f"old {'broken' if label else 'new'} parcel" for label in Y],
    }
)
COLUMNS = {
    "column_selection": ["a", "town"],
    "count_encoding": ["town"],
    "generated_features": ["a", "town"],
    "target_encoding": ["town"],
    "text_words": ["note"],
}


def fit(name):
    """Return a built-in transform, its fitted form, and the columns it was given."""
    transform = load_plugins().transforms[name]
    table = X.select(COLUMNS[name])
    rows = TableRows(table, Y, None, np.arange(N) % 3)
    fitted, _ = transform.fit_transform(TASK, {}, rows, None, Resources())
    return transform, fitted, table


@pytest.mark.parametrize("name", COLUMNS)
def test_a_built_in_transform_is_applied_without_it_as_with_it(name):
    transform, fitted, table = fit(name)
    kind = kind_of_transform(transform)

    applied = transform_of_kind(kind, name)

    loaded = applied.load(transform.dump(fitted))
    expected = transform.transform(fitted, table, TASK)
    assert applied.transform(loaded, table, TASK).equals(expected)
    assert loaded.apply(table).equals(expected)
    assert applied.dump(loaded) == transform.dump(fitted)
    read = set(applied.reads(loaded, table.columns))
    rest = [
        pl.lit(None, dtype).alias(column)
        for column, dtype in table.schema.items()
        if column not in read
    ]
    assert loaded.apply(table.with_columns(rest)).equals(expected)
    assert kind_of_transform(applied) == kind


def test_every_built_in_transform_is_a_kind():
    registry = load_plugins()
    built_in = {
        name: transform
        for name, transform in registry.transforms.items()
        if registry.distribution_of(name, "transforms") == "headstart"
    }

    assert set(built_in) == set(COLUMNS)
    assert all(map(kind_of_transform, built_in.values()))


def test_what_comes_from_a_file_cannot_be_fitted():
    applied = transform_of_kind("selected_columns", "mine")

    with pytest.raises(NotImplementedError, match="'mine' comes from a model file"):
        applied.fit(TASK, {}, TableRows(X), None, Resources())


def test_an_unknown_kind_has_no_transform():
    assert transform_of_kind("selected_rows", "mine") is None


@dataclass(frozen=True)
class Unlisted(StoredTransform):
    """A stored form that bears the name of one of the kinds, and is none."""

    kind: ClassVar[str] = "selected_columns"

    def apply(self, X):
        return X

    def to_parts(self):
        return {}

    @classmethod
    def from_parts(cls, parts):
        return cls()


def test_a_form_that_is_not_listed_is_left_to_its_transform():
    class Mine(Transform):
        name = "mine"
        stored_as = Unlisted

    class Plain(Transform):
        name = "plain"

    assert kind_of_transform(Mine()) is None
    assert kind_of_transform(Plain()) is None


def test_kinds_have_different_names():
    assert all(kind.kind == name for name, kind in TRANSFORM_KINDS.items())


def changed_record(change):
    transform, fitted, _ = fit("count_encoding")
    parts = transform.dump(fitted)
    record = json.loads(parts["plan.json"])
    change(record)
    return transform, {**parts, "plan.json": json.dumps(record).encode()}


@pytest.mark.parametrize(
    "change",
    [
        lambda r: r["features"][0].update(n=1),
        lambda r: r["features"][0].update(numbers=-1),
        lambda r: r["features"][0].update(numbers=10**9),
        lambda r: r["features"][0].update(numbers=True),
        lambda r: r["features"][0].update(numbers=[0.5]),
        lambda r: r["features"][0].update(starts=None),
        lambda r: r["features"].append(5),
        lambda r: r.update(features={}),
        lambda r: r.pop("bins"),
        lambda r: r["features"].clear(),
    ],
)
def test_lengths_that_do_not_fit_the_numbers_are_refused(change):
    transform, parts = changed_record(change)

    with pytest.raises(ArtifactError):
        transform.load(parts)


def test_numbers_that_are_not_finite_are_refused():
    transform, fitted, _ = fit("count_encoding")
    parts = transform.dump(fitted)
    arrays = unpack_arrays(parts["plan.safetensors"], ARRAYS)
    arrays["numbers"][0] = np.inf

    with pytest.raises(ArtifactError, match="its numbers"):
        transform.load({**parts, "plan.safetensors": pack_arrays(arrays)})


@pytest.mark.parametrize("name", COLUMNS)
def test_a_missing_and_a_superfluous_part_are_refused(name):
    transform, fitted, _ = fit(name)
    parts = transform.dump(fitted)

    with pytest.raises(ArtifactError):
        transform.load({**parts, "more.json": b"{}"})
    for part in parts:
        with pytest.raises(ArtifactError):
            transform.load({k: v for k, v in parts.items() if k != part})


@pytest.mark.parametrize("name", COLUMNS)
def test_damage_is_refused_or_harmless(name):
    transform, fitted, table = fit(name)
    parts = transform.dump(fitted)
    random = np.random.default_rng(1)
    refused = 0
    for part, data in parts.items():
        for _ in range(20):
            wrong = bytearray(data)
            wrong[random.integers(len(wrong))] ^= 1 << random.integers(8)
            cut = bytes(wrong[: random.integers(len(wrong))])
            for damaged in (bytes(wrong), cut):
                try:
                    loaded = transform.load({**parts, part: damaged})
                except ArtifactError:
                    refused += 1
                    continue
                with suppress(ColumnError, pl.exceptions.ColumnNotFoundError):
                    assert loaded.apply(table).height in (0, N)
    assert refused > 15 * len(parts)
