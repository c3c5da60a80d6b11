"""`headstart predict`: predictions of a stored model for a table."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from headstart.cli.command import ModelArgument, command
from headstart.cli.output import check_ending, write_table
from headstart.cli.plugin_options import with_plugins

if TYPE_CHECKING:
    import polars as pl

__all__ = ["predict"]


@command
@with_plugins
def predict(
    model: ModelArgument,
    data: Annotated[
        str,
        typer.Argument(
            metavar="DATA",
            help="Table: .csv, .tsv, .parquet, .arrow, or what a plugin reads.",
        ),
    ],
    *,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            help="Write .csv, .tsv, .parquet or .arrow. [default: CSV to stdout]",
        ),
    ] = None,
    probabilities: Annotated[
        bool,
        typer.Option(
            "--probabilities", help="Add a column with the probability of each class."
        ),
    ] = False,
) -> None:
    """Predict the target for each row of a table."""
    import headstart
    from headstart.tables import to_frame

    if output is not None:
        check_ending(output)
    fitted = headstart.load(model)
    if probabilities and not hasattr(fitted, "classes_"):
        raise typer.BadParameter(
            "the model predicts a number: there are no classes to give "
            "probabilities of.",
            param_hint="--probabilities",
        )
    frame = _predictions(fitted, to_frame(data), probabilities=probabilities)
    write_table(frame, output)
    if output is not None:
        typer.echo(f"headstart: {frame.height:,} rows to {output}", err=True)


def _predictions(fitted: Any, table: Any, *, probabilities: bool) -> "pl.DataFrame":
    import numpy as np
    import polars as pl

    if not probabilities:
        return pl.DataFrame({"prediction": fitted.predict(table)})
    chances = np.asarray(fitted.predict_proba(table))
    labels = np.asarray(fitted.classes_)[chances.argmax(axis=1)]
    columns = {
        f"probability_{label}": chances[:, code]
        for code, label in enumerate(fitted.classes_)
    }
    return pl.DataFrame({"prediction": labels, **columns})
