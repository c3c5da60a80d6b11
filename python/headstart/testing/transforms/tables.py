"""Checks with irregular tables as in real data."""

from headstart.tables import OTHER_LEVEL
from headstart.testing.check import check
from headstart.testing.outcome import CheckError
from headstart.testing.side_effects import side_effects
from headstart.testing.transforms.subject import TransformSubject, make_table

__all__ = ["CHECKS"]


@check(
    "missing-column",
    hint="Impute a constant if a column has no values in the training rows.",
)
def _missing_column(subject: TransformSubject) -> None:
    """Columns of training rows and of new rows may have no values."""
    import polars as pl

    for kind in subject.kinds:
        table = subject.train()
        empty = table.with_columns(
            pl.lit(None, dtype=table[name].dtype).alias(name)
            for name in ("b", "level", "text")
        )
        fitted = subject.fit(kind, empty)
        subject.apply(kind, fitted, subject.held_out())
        nothing = subject.held_out().with_columns(
            pl.lit(None, dtype=dtype).alias(name)
            for name, dtype in table.schema.items()
        )
        subject.apply(kind, subject.fitted(kind), nothing)


@check(
    "unseen-values",
    hint="Transform levels and words that training rows lack, and limit numbers.",
)
def _unseen_values(subject: TransformSubject) -> None:
    """Unseen levels, words and numbers are transformed."""
    import polars as pl

    rows = subject.held_out()
    level_type = rows["level"].dtype
    lacking, other = (pl.lit(v, dtype=level_type) for v in ("rare", OTHER_LEVEL))
    is_even = pl.int_range(pl.len()) % 2 == 0
    unseen = rows.with_columns(
        pl.lit(1e30).alias("a"),
        pl.when(is_even).then(lacking).otherwise(other).alias("level"),
        pl.lit("zyx \u00e9 \U0001f600", dtype=pl.String).alias("text"),
    )
    for kind in subject.kinds:
        subject.apply(kind, subject.fitted(kind), unseen)


@check(
    "constant-columns",
    hint="Check for division by a standard deviation of 0.",
)
def _constant_columns(subject: TransformSubject) -> None:
    """Constant columns can be fitted."""
    import polars as pl

    table = subject.train().with_columns(
        pl.lit(3.0).alias("b"),
        pl.lit(-1.0).alias("c"),
        pl.lit("low", dtype=subject.train()["level"].dtype).alias("level"),
        pl.lit("the same", dtype=pl.String).alias("text"),
    )
    for kind in subject.kinds:
        subject.apply(kind, subject.fit(kind, table), subject.held_out())


@check(
    "few-rows",
    hint="Limit counts (components, neighbours, bins) by the number of rows.",
)
def _few_rows(subject: TransformSubject) -> None:
    """Six training rows can be fitted."""
    for kind in subject.kinds:
        fitted = subject.fit(kind, subject.train()[:6])
        subject.apply(kind, fitted, subject.held_out())


@check(
    "input-unchanged",
    hint="Copy arrays of polars before writing to them.",
)
def _input_unchanged(subject: TransformSubject) -> None:
    """It does not write to its input."""
    for kind in subject.kinds:
        train, rows = subject.train(), subject.held_out()
        subject.apply(kind, subject.fit(kind, train), rows)
        expected = make_table()
        if not train.equals(expected[: train.height]) or not rows.equals(
            expected[train.height :]
        ):
            raise CheckError("It changed its input table.")


@check(
    "side-effects",
    hint="Silence the library, close files, join threads, and use a random generator "
    "of your own.",
)
def _side_effects(subject: TransformSubject) -> None:
    """It prints nothing and has no side effects."""

    def fit_and_apply() -> None:
        for kind in subject.kinds:
            fitted = subject.fit(kind, subject.train())
            subject.apply(kind, fitted, subject.held_out())

    fit_and_apply()
    effects = side_effects(fit_and_apply)
    if effects:
        raise CheckError(f"During its fit, {'; '.join(effects)}.")


CHECKS = (
    *(_missing_column, _unseen_values, _constant_columns),
    *(_few_rows, _input_unchanged, _side_effects),
)
