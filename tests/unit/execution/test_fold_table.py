"""Transforms inside folds: what they are shown, what they make, what is refused."""

import numpy as np
import polars as pl
import pytest

from headstart.base import (
    Configuration,
    FoldFit,
    FoldStatus,
    Resources,
    Step,
    Task,
    TaskKind,
    Transform,
    View,
)
from headstart.exceptions import TransformError
from headstart.execution.fit_data import (
    FitData,
    forget_fit_data,
    load_fit_data,
    write_fit_data,
)
from headstart.execution.fold_fit import run_fold_fit
from headstart.execution.fold_table import fold_table, inner_folds, step_names
from headstart.execution.fold_view import fold_view
from headstart.execution.steps import apply_step, load_step
from headstart.execution.store import FolderStore, get_parts
from headstart.tables import OTHER_LEVEL, Schema
from headstart.transforms.count_encoding import CountEncoding
from headstart.transforms.target_encoding import TargetEncoding
from headstart.validation import (
    INDEPENDENT,
    Dependence,
    Folds,
    group_folds,
    holdout_fold,
    time_folds,
)

N = 30
FOLDS = Folds((np.arange(N) % 3).astype(np.uint8)[None])
GROUPS = np.arange(N) // 3
NOTES = [f"row {i} of many words" for i in range(25)] * 2 + ["x"] * 10
FRAME = pl.DataFrame(
    {"row": np.arange(N) * 1.5, "t": ["u", "v", "w"] * 10, "note": NOTES[:N]}
)


class Canary(Transform):
    """Says how many times it was fitted, and what it saw."""

    name = "canary"

    def __init__(self, **attributes):
        self.seen = []
        for name, value in attributes.items():
            setattr(self, name, value)

    def fit(self, task, parameters, rows, validation, resources):
        self.seen.append(rows)
        return {"mean": float(rows.X["row"].mean() or 0.0)}

    def transform(self, fitted, X, task):
        return X.select((pl.col("row") - fitted["mean"]).alias("gap"))

    def dump(self, fitted):
        return {"mean.txt": str(fitted["mean"]).encode()}

    def load(self, parts):
        return {"mean": float(parts["mean.txt"])}


@pytest.fixture
def make(tmp_path):
    def build(*transforms, texts=False, folds=FOLDS, dependence=INDEPENDENT):
        schema = Schema.learn(FRAME, overrides={"note": "text", "row": "numeric"})
        return write_fit_data(
            FitData(
                store=FolderStore(tmp_path),
                task=Task(TaskKind.REGRESSION, N, 5, 1, 0, "rmse"),
                schema=schema,
                table=schema.apply(FRAME),
                y=np.arange(N) * 10.0,
                weight=np.ones(N),
                folds=folds,
                transforms={t.name: t for t in transforms},
                texts=schema.read_texts(FRAME) if texts else None,
                dependence=dependence,
            )
        )

    return build


def table_of(data, *names, fold=1):
    return fold_table(data, [Step(n) for n in names], 0, fold, Resources())


def test_only_training_rows_of_the_fold_are_seen(make):
    canary = Canary()

    table = table_of(make(canary), "canary")

    [rows] = canary.seen
    X, y, weight = rows.X, rows.y, rows.weight
    assert X["row"].to_list() == FRAME["row"].to_numpy()[FOLDS.train(0, 1)].tolist()
    assert y is None  # it does not say that it reads the target
    assert weight.size == X.height
    assert table.held_out.height == N // 3
    assert table.train["gap"].sum() == pytest.approx(0.0)


def test_of_what_reads_the_target_no_row_is_made_by_its_own(make):
    class Sums(Canary):
        name = "sums"

        def fit(self, task, parameters, rows, validation, resources):
            self.seen.append(rows)
            return {"mean": float(rows.y.sum())}

        def transform(self, fitted, X, task):
            return pl.DataFrame({"sum": np.full(X.height, fitted["mean"])})

    sums = Sums(reads_target=True)
    data = make(sums)

    table = table_of(data, "sums")

    y = data.y[FOLDS.train(0, 1)]
    parts = inner_folds(data, 0, FOLDS.train(0, 1), 0)
    sums_of_parts = np.array([y[parts == part].sum() for part in parts])
    assert table.train["sum"].to_list() == (y.sum() - sums_of_parts).tolist()
    assert set(table.held_out["sum"]) == {y.sum()}
    assert all(not rows.y.flags.writeable for rows in sums.seen[:1])


def test_inner_folds_are_those_of_the_run_or_else_drawn(make):
    data = make()
    train = FOLDS.train(0, 0)

    assert sorted(set(inner_folds(data, 0, train, 0).tolist())) == [0, 1]
    assert (inner_folds(data, 0, train, 0) == (train % 3 == 2)).all()
    drawn = inner_folds(data, 0, FOLDS.validation(0, 0), 5)
    assert sorted(set(drawn.tolist())) == [0, 1, 2, 3, 4]


def test_a_step_is_made_once_a_fold_and_shared_by_chains_that_begin_with_it(make):
    first, second = Canary(), Canary(name="second")
    data = make(first, second)

    alone = table_of(data, "canary")
    chain = table_of(data, "canary", "second")
    table_of(data, "canary", "second")

    assert len(first.seen) == len(second.seen) == 1
    assert chain.train["gap"].equals(alone.train["gap"])
    assert chain.train.columns[-2:] == ["gap", "gap (second)"]
    assert table_of(data, "canary", fold=2).held_out.height == N // 3
    assert len(first.seen) == 2


def test_what_was_stored_makes_the_same_of_the_held_out_rows(make):
    canary = Canary()
    data = make(canary)
    table = table_of(data, "canary")
    [name] = step_names([Step("canary")], 0, 1)

    parts = get_parts(data.store, f"transforms/{name}.zip")
    step = load_step(parts, {"canary": canary})

    rows = data.table[FOLDS.validation(0, 1)]
    made = apply_step(canary, step, rows, data.task, strict=True)
    assert made["gap"].equals(table.held_out["gap"])


def test_raw_text_is_for_transforms_only(make):
    class Longest(Canary):
        name = "longest"

        def columns(self, table, task):
            return table.text

        def fit(self, task, parameters, rows, validation, resources):
            self.seen.append(rows)
            return {"mean": 0.0}

        def transform(self, fitted, X, task):
            return X.select(pl.col("note").str.len_chars().alias("n"))

    longest = Longest()
    table = table_of(make(longest, texts=True), "longest")

    train, held_out = table.for_views()
    assert longest.seen[0].X.dtypes == [pl.String]
    assert "note" in table.train.columns
    assert "note" not in [*train.columns, *held_out.columns]
    assert held_out["n"].to_list() == held_out["note.length"].to_list()


def test_what_replaces_takes_the_place_of_its_columns(make):
    table = table_of(make(Canary(replaces=True)), "canary")

    assert "row" not in table.train.columns
    assert "gap" in table.train.columns


def test_a_transform_without_columns_here_changes_nothing(make):
    canary = Canary(columns=lambda table, task: ())

    table = table_of(make(canary), "canary")

    assert not canary.seen
    assert "gap" not in table.train.columns


def raising(self, fitted, X, task):
    raise RuntimeError("boom")


def returning(make_frame):
    return lambda fitted, X, task: make_frame(X)


@pytest.mark.parametrize(
    ("make_frame", "reason"),
    [
        (lambda X: X.to_numpy(), "must return a polars DataFrame. Got ndarray"),
        (lambda X: X[:3], "20 rows, as many as its input. Got 3"),
        (lambda X: X.select(a=pl.col("row") / 0), "'a' must hold finite numbers"),
        (lambda X: X.select(a=float("nan")), "as many as|finite"),
        (lambda X: X.select(pl.col("row").cast(pl.String)), "numbers, booleans or an"),
        (lambda X: 1 / 0, "ZeroDivisionError"),
        (
            lambda X: X.select(pl.col("row").alias(f"a{X.height}")),
            "must return the columns of the fit",
        ),
    ],
)
def test_what_may_not_be_returned_is_told_under_the_name(make, make_frame, reason):
    data = make(Canary(transform=returning(make_frame)))

    with pytest.raises(TransformError, match=reason) as caught:
        table_of(data, "canary")

    assert caught.value.transform == "canary"
    assert "Transform 'canary'" in str(caught.value)
    assert not list((data.store.folder / "fits").glob("*.transform"))


def test_a_fold_fit_names_the_transform_that_failed(make):
    data = make(Canary(fit=lambda *a: raising(None, *a[:3])))
    configuration = Configuration("ridge", transforms=(Step("canary"),))

    fold_fit = FoldFit(0, configuration, 0, 1, seed=0, handed_over=data.handed_over)
    outcome = run_fold_fit(data.store, fold_fit)

    assert outcome.status is FoldStatus.ERROR
    assert outcome.culprit == "canary"
    assert outcome.reason == "Transform 'canary': RuntimeError: boom"


def test_an_enum_keeps_its_levels_at_prediction(make):
    enum = pl.Enum(["low", "high"])
    words = pl.when(pl.col("row") > 9).then(pl.lit("high")).otherwise(pl.lit("low"))
    canary = Canary(
        transform=returning(lambda X: X.select(words.cast(enum).alias("level")))
    )
    data = make(canary)

    table = table_of(data, "canary")

    assert table.train["level"].dtype == enum
    assert table.summary.categorical == ("t", "level")


def test_in_a_model_in_use_what_is_not_finite_counts_as_missing(make):
    canary = Canary()
    data = make(canary)
    table_of(data, "canary")
    [name] = step_names([Step("canary")], 0, 1)
    parts = get_parts(data.store, f"transforms/{name}.zip")
    step = load_step(parts, {"canary": canary})
    rows = data.table[:2].with_columns(row=pl.Series([float("inf"), 1.0]))

    assert apply_step(canary, step, rows, data.task, strict=False)["gap"][0] is None
    with pytest.raises(TransformError, match="finite"):
        apply_step(canary, step, rows, data.task, strict=True)


@pytest.mark.parametrize(
    "folds",
    [
        holdout_fold(N, 0.2, groups=GROUPS),
        group_folds(GROUPS, 2),
        group_folds(GROUPS, 5),
    ],
    ids=["holdout", "two folds", "five folds"],
)
def test_inner_folds_keep_groups_whole(make, folds):
    data = make(folds=folds, dependence=Dependence(GROUPS))
    train = folds.train(0, 0)
    # As a worker reads it.
    forget_fit_data()
    parts = inner_folds(load_fit_data(data.store), 0, train, 0)
    assert parts.max() > 0
    for group in set(GROUPS[train]):
        assert len(set(parts[GROUPS[train] == group])) == 1


@pytest.mark.parametrize("has_missing", [True, False])
def test_a_level_that_the_training_rows_lack_is_held_out_as_a_new_one_is_predicted(
    tmp_path, has_missing
):
    """It gets neither the mean target nor the count of missing values."""
    gap = None if has_missing else "w"
    levels = pl.Series([*["u", gap, "v"] * 9, "rare", "u", "v"])
    frame = pl.DataFrame({"row": np.arange(N) * 1.5, "t": levels})
    schema = Schema.learn(frame, overrides={"row": "numeric", "t": "categorical"})
    folds = Folds((np.arange(N) >= 27).astype(np.uint8)[None])
    encodings = {t.name: t for t in (TargetEncoding(), CountEncoding())}
    y = np.where(frame["t"].is_in(["u", "v", "rare"]), 1.0 * np.arange(N), 100.0)
    data = write_fit_data(
        FitData(
            store=FolderStore(tmp_path),
            task=Task(TaskKind.REGRESSION, N, 1, 1, 0, "rmse"),
            schema=schema,
            table=schema.apply(frame),
            y=y,
            weight=None,
            folds=folds,
            transforms=encodings,
        )
    )
    table = table_of(data, *encodings)
    assert table.held_out["t"].to_list() == [OTHER_LEVEL, "u", "v"]
    shares, means = table.held_out["frequency(t)"], table.held_out["target mean(t)"]
    assert shares[0] == 0.0
    assert means[0] == pytest.approx(y[:27].mean())

    # The second one is a level of the schema that the fitted encodings lack.
    towns = ["never seen", "rare"]
    new = schema.apply(pl.DataFrame({"row": [27 * 1.5] * 2, "t": towns}))
    steps = [Step(name) for name in encodings]
    for step, name in zip(steps, step_names(steps, 0, 1), strict=True):
        transform = encodings[step.name]
        parts = get_parts(data.store, f"transforms/{name}.zip")
        fitted = load_step(parts, encodings)
        made = apply_step(transform, fitted, new, data.task, strict=True)
        for column in made.columns:
            assert made[column].to_list() == [table.held_out[column][0]] * 2

    view = View(categorical="one_hot", missing="imputed")
    rows = fold_view(data, view, 0, 1).validation
    of_levels = [place for place, n in enumerate(rows.names) if n.startswith("t")]
    assert len(of_levels) == 3
    assert np.asarray(rows.values)[:, of_levels].sum(axis=1).tolist() == [0.0, 1.0, 1.0]


def test_inner_folds_are_blocks_of_time_where_the_outer_ones_follow_it(make):
    order = np.random.default_rng(0).permutation(N)
    folds = time_folds(order, 3)
    data = make(folds=folds, dependence=Dependence(order=order))
    train = folds.train(0, 0)
    parts = inner_folds(data, 0, train, 0)
    assert parts.max() > 0
    assert (np.diff(parts[np.argsort(order[train])]) >= 0).all()
