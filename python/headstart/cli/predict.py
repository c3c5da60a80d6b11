"""`headstart predict`: predictions of a stored model for a table."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from headstart.cli.command import JsonOption, ModelArgument, command
from headstart.cli.output.paths import check_ending, check_folder, check_not_read
from headstart.cli.output.printing import print_json, say
from headstart.cli.output.table_writer import TableWriter
from headstart.cli.plugin_options import with_plugins
from headstart.cli.reading_options import with_reading
from headstart.cli.values import parse_memory

if TYPE_CHECKING:
    import polars as pl

    from headstart.base import FloatArray
    from headstart.ensemble.fitted_model import FittedModel

__all__ = ["predict"]


@command
@with_plugins
@with_reading
def predict(
    model: ModelArgument,
    data: Annotated[
        str,
        typer.Argument(
            metavar="DATA",
            help="Table: .csv, .parquet, .arrow, .xlsx, or what a plugin reads.",
        ),
    ],
    *,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            help="Write .csv, .tsv, .parquet, .arrow or .feather. "
            "[default: CSV to stdout]",
        ),
    ] = None,
    batch: Annotated[
        str,
        typer.Option(
            metavar="SIZE",
            help="Size of a batch of text: 8M, 64M. Files may be larger than memory.",
        ),
    ] = "8M",
    probabilities: Annotated[
        bool,
        typer.Option(
            "--probabilities", help="Add a column with the probability of each class."
        ),
    ] = False,
    as_json: JsonOption = False,
    reading: dict[str, Any],
) -> None:
    """Predict the target for each row of a table."""
    import headstart
    from headstart.tables import Reading, Unseen
    from headstart.tables.read.batches import read_batches

    if output is not None:
        check_ending(output)
        check_folder(output)
        check_not_read(output, data, model)
    elif as_json:
        raise typer.BadParameter(
            "predictions and JSON cannot both go to standard output: name a file with "
            "--output.",
            param_hint="--json",
        )
    size = parse_memory(batch, "--batch")
    fitted = headstart.load(model)
    if probabilities and not hasattr(fitted, "classes_"):
        raise typer.BadParameter(
            "the model predicts a number: it has no classes and no probabilities.",
            param_hint="--probabilities",
        )
    unseen = Unseen()
    inner = fitted.model_
    with TableWriter(output) as writer:
        options = Reading.of(**reading).over(inner.schema.file_reading)
        for table in read_batches(data, inner.schema.read_as_text, size, options):
            outputs, new = inner.predict_and_count(table)
            unseen += new
            writer.write(_predictions(inner, outputs, probabilities=probabilities))
    if unseen:
        say(f"headstart: {unseen.describe(writer.n_rows)}", err=True)
    if as_json:
        record = {"rows": writer.n_rows, "output": str(output)}
        print_json(record | unseen.to_record())
    elif output is not None:
        say(f"headstart: wrote {writer.n_rows:,} rows to {output}", err=True)


def _predictions(
    fitted: "FittedModel", outputs: "FloatArray", *, probabilities: bool
) -> "pl.DataFrame":
    import polars as pl

    columns = {"prediction": fitted.labels(outputs)}
    if probabilities and fitted.target.classes is not None:
        values = fitted.probabilities(outputs)
        for code, label in enumerate(fitted.target.classes):
            columns[f"probability_{label}"] = values[:, code]
    return pl.DataFrame(columns)
