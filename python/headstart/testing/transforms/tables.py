"""Checks with irregular tables as in real data."""

from headstart.testing.check import check
from headstart.testing.outcome import CheckError
from headstart.testing.side_effects import side_effects
from headstart.testing.transforms.subject import TransformSubject, make_table

__all__ = ["CHECKS"]


@check(
    "missing-column",
    hint="Fill with a constant where a column has no value to learn from.",
)
def _missing_column(subject: TransformSubject) -> None:
    """Columns of the training rows may be missing altogether, and of new rows."""
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
    hint="Treat a level or a word that training lacks as missing, and bound numbers.",
)
def _unseen_values(subject: TransformSubject) -> None:
    """Levels, words and numbers that training lacks are transformed."""
    import polars as pl

    rows = subject.held_out()
    strange = rows.with_columns(
        pl.lit(1e30).alias("a"),
        pl.lit("rare", dtype=rows["level"].dtype).alias("level"),
        pl.lit("zyx \u00e9 \U0001f600", dtype=pl.String).alias("text"),
    )
    for kind in subject.kinds:
        subject.apply(kind, subject.fitted(kind), strange)


@check(
    "constant-columns",
    hint="Look for a division by a spread of 0.",
)
def _constant_columns(subject: TransformSubject) -> None:
    """Columns of one value each are enough."""
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
    hint="Bound counts (components, neighbours, bins) by the rows there are.",
)
def _few_rows(subject: TransformSubject) -> None:
    """Six training rows are enough."""
    for kind in subject.kinds:
        fitted = subject.fit(kind, subject.train()[:6])
        subject.apply(kind, fitted, subject.held_out())


@check(
    "input-unchanged",
    hint="Copy what polars gives you before writing to it.",
)
def _input_unchanged(subject: TransformSubject) -> None:
    """Its input is not written to."""
    for kind in subject.kinds:
        train, rows = subject.train(), subject.held_out()
        subject.apply(kind, subject.fit(kind, train), rows)
        whole = make_table()
        if not train.equals(whole[: train.height]) or not rows.equals(
            whole[train.height :]
        ):
            raise CheckError("The table that it was given is another one afterwards.")


@check(
    "side-effects",
    hint="Ask the library to be quiet, close what was opened, join what was started; "
    "draw from a generator of your own.",
)
def _side_effects(subject: TransformSubject) -> None:
    """It prints nothing and leaves nothing behind."""

    def fit_and_apply() -> None:
        for kind in subject.kinds:
            fitted = subject.fit(kind, subject.train())
            subject.apply(kind, fitted, subject.held_out())

    fit_and_apply()
    found = side_effects(fit_and_apply)
    if found:
        raise CheckError(f"When it was fitted {'; '.join(found)}.")


CHECKS = (
    *(_missing_column, _unseen_values, _constant_columns),
    *(_few_rows, _input_unchanged, _side_effects),
)
