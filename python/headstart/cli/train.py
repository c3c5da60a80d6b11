"""`headstart train`: the best model for a table within a time limit."""

import shlex
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from headstart.cli.command import FAILED, INTERRUPTED, command
from headstart.cli.leaderboard import print_short_leaderboard
from headstart.cli.output.paths import check_not_read, default_output
from headstart.cli.output.printing import print_json, print_record, say
from headstart.cli.plugin_options import with_plugins
from headstart.cli.reading_options import with_reading
from headstart.cli.remedies import as_option
from headstart.cli.values import parse_columns, parse_memory, parse_seconds
from headstart.exceptions import HeadstartWarning

if TYPE_CHECKING:
    from headstart.base.events import Event

from headstart.cli.output.paths import check_model_path, save_model

__all__ = ["train"]

_FIRST_BYTES = 8_000_000  # of the test table, to check its columns
_MOST_TRIALS = 10  # of the leaderboard; after minutes there are hundreds


# Sections of the help.
_TASK = "Task"
_BUDGET = "Budget"
_VALIDATION = "Validation"
_SEARCH = "Search"
_OUTPUT = "Output"


@command
@with_plugins
@with_reading
def train(
    data: Annotated[
        str,
        typer.Argument(
            metavar="DATA",
            help="Table: .csv, .parquet, .arrow, .xlsx, or what a plugin reads.",
        ),
    ],
    *,
    target: Annotated[
        str,
        typer.Option(
            "--target",
            "-t",
            metavar="COLUMN",
            help="Name of the column to predict.",
            rich_help_panel=_TASK,
        ),
    ],
    task: Annotated[
        Literal["classification", "regression"] | None,
        typer.Option(
            metavar="KIND",
            help="classification or regression. [default: by the target's values]",
            rich_help_panel=_TASK,
        ),
    ] = None,
    metric: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Metric to optimise. [default: roc_auc, log_loss or rmse, by task]",
            rich_help_panel=_TASK,
        ),
    ] = None,
    column: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=KIND",
            help="Set a column's kind, as in zip=categorical. Repeatable.",
            rich_help_panel=_TASK,
        ),
    ] = None,
    weight: Annotated[
        str | None,
        typer.Option(
            metavar="COLUMN", help="Weights of the rows.", rich_help_panel=_TASK
        ),
    ] = None,
    time_limit: Annotated[
        str,
        typer.Option(
            metavar="TIME",
            help="Total time: 60, 90s, 5m, 1h; 'none' with --max-trials.",
            rich_help_panel=_BUDGET,
        ),
    ] = "5m",
    max_trials: Annotated[
        int | None,
        typer.Option(
            min=1,
            metavar="N",
            help="Stop after this many trials.",
            rich_help_panel=_BUDGET,
        ),
    ] = None,
    n_jobs: Annotated[
        int | None,
        typer.Option(
            min=1,
            metavar="N",
            help="Cores to use. [default: all usable]",
            rich_help_panel=_BUDGET,
        ),
    ] = None,
    executor: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Run fold fits in this plugin executor: NAME or NAME://ADDRESS.",
            rich_help_panel=_BUDGET,
        ),
    ] = None,
    memory_limit: Annotated[
        str | None,
        typer.Option(
            metavar="SIZE",
            help="Memory to use: 512M, 4G. [default: 85 % of free memory]",
            rich_help_panel=_BUDGET,
        ),
    ] = None,
    validation: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Use this plugin splitter for validation.",
            rich_help_panel=_VALIDATION,
        ),
    ] = None,
    folds: Annotated[
        int | None,
        typer.Option(
            min=2,
            metavar="N",
            help="Folds to validate on. [default: by table and time limit]",
            rich_help_panel=_VALIDATION,
        ),
    ] = None,
    groups: Annotated[
        str | None,
        typer.Option(
            metavar="COLUMN",
            help="Rows with equal values stay in one fold.",
            rich_help_panel=_VALIDATION,
        ),
    ] = None,
    time_column: Annotated[
        str | None,
        typer.Option(
            metavar="COLUMN",
            help="Validate on later rows than the training rows.",
            rich_help_panel=_VALIDATION,
        ),
    ] = None,
    test: Annotated[
        str | None,
        typer.Option(
            metavar="FILE",
            help="Evaluate the model on this table at the end.",
            rich_help_panel=_VALIDATION,
        ),
    ] = None,
    learner: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            help="Use this learner; with a minus (-svm), exclude it. Repeatable.",
            rich_help_panel=_SEARCH,
        ),
    ] = None,
    transform: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            help="Evaluate this transform first; with a minus (-text_svd), exclude it. "
            "Repeatable.",
            rich_help_panel=_SEARCH,
        ),
    ] = None,
    random_state: Annotated[
        int | None,
        typer.Option(metavar="N", help="Random seed.", rich_help_panel=_SEARCH),
    ] = None,
    refit: Annotated[
        bool | None,
        typer.Option(
            "--refit/--no-refit",
            help="Whether to refit each member on all rows. [default: after a holdout]",
            rich_help_panel=_SEARCH,
        ),
    ] = None,
    run_dir: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER",
            help="Keep the run in this folder.",
            rich_help_panel=_SEARCH,
        ),
    ] = None,
    resume: Annotated[
        bool,
        typer.Option(
            "--resume",
            help="Continue the run in --run-dir.",
            rich_help_panel=_SEARCH,
        ),
    ] = False,
    learn: Annotated[
        bool,
        typer.Option(
            "--learn",
            help="Add the run to your own knowledge base.",
            rich_help_panel=_SEARCH,
        ),
    ] = False,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            help="File for the model; an existing model is replaced. "
            "[default: DATA's name + .headstart, which must not exist]",
            rich_help_panel=_OUTPUT,
        ),
    ] = None,
    quiet: Annotated[
        bool,
        typer.Option(
            "--quiet", "-q", help="Show no progress.", rich_help_panel=_OUTPUT
        ),
    ] = False,
    as_json: Annotated[
        bool,
        typer.Option(
            "--json", help="Print JSON instead of text.", rich_help_panel=_OUTPUT
        ),
    ] = False,
    reading: dict[str, Any],
) -> None:
    """Train on a table, save the model, print the leaderboard."""
    if resume and run_dir is None:
        raise typer.BadParameter(
            "there is no run to continue: name its folder with --run-dir.",
            param_hint="--resume",
        )
    constructor: dict[str, Any] = {
        "time_limit": parse_seconds(time_limit),
        "max_trials": max_trials,
        "metric": metric,
        "learners": learner or None,
        "transforms": transform or None,
        "columns": parse_columns(column or ()) or None,
        "n_jobs": n_jobs,
        "executor": executor,
        "memory_limit": None if memory_limit is None else parse_memory(memory_limit),
        "random_state": random_state,
        "run_dir": run_dir,
        "resume": resume,
        "refit": "auto" if refit is None else refit,
        "learn": learn,
    }
    import headstart
    from headstart.display import log_lines, progress_listener
    from headstart.search.run.interrupt import NotedInterrupt, termination_as_interrupt

    if validation is not None and (folds is not None or time_column is not None):
        raise typer.BadParameter(
            "--validation cannot be combined with --folds or --time-column.",
            param_hint="--validation",
        )
    if validation is not None:
        constructor["validation"] = validation
    if folds is not None or time_column is not None:
        constructor["validation"] = headstart.Validation(
            folds=folds, time_column=time_column
        )
    place = output or default_output(data, ".headstart")
    check_not_read(place, data, test)
    check_model_path(place, is_named=output is not None or resume)
    if test is not None:
        _check_test_table(test, target, reading)
    end = _EndListener()
    display = None if quiet else progress_listener(remedy=as_option)
    listeners = [end] if quiet else [end, display or log_lines(remedy=as_option)]
    if not quiet:
        # The findings report it too.
        of_rows = r"[\d,]+ of [\d,]+ rows have no "
        warnings.filterwarnings("ignore", of_rows, HeadstartWarning)
    with termination_as_interrupt():
        try:
            model = headstart.train(
                data,
                target=target,
                task=task,
                groups=groups,
                sample_weight=weight,
                reading=reading,
                listeners=listeners,
                **constructor,
            )
        finally:
            if display is not None:
                display.close()
        # From here, a first Ctrl-C must not lose the model.
        with NotedInterrupt() as late:
            place, problem = save_model(model, place)
    say(f"headstart: the model is in {place}", err=True)
    scores = None if test is None else _test_scores(model, test, target, weight)
    _report(model, place, scores, as_json=as_json)
    if problem:
        raise typer.Exit(FAILED)
    if end.interrupted or late.is_set:
        raise typer.Exit(INTERRUPTED)


def _check_test_table(test: str, target: str, reading: dict[str, Any]) -> None:
    """Raise BadParameter before the search if the test table cannot be used."""
    from headstart.tables import Reading
    from headstart.tables.read.batches import read_batches

    options = Reading.of(**reading)
    first = next(iter(read_batches(test, (), _FIRST_BYTES, options)), None)
    if first is None or first.height == 0:
        raise typer.BadParameter(f"{test!r} has no rows.", param_hint="--test")
    if target not in first.columns:
        raise typer.BadParameter(
            f"{test!r} has no column {target!r}. It has: "
            f"{', '.join(map(repr, first.columns[:20]))}.",
            param_hint="--test",
        )


class _EndListener:
    """A listener that records whether the run was interrupted."""

    def __init__(self) -> None:
        self.interrupted = False

    def __call__(self, event: "Event") -> None:
        from headstart.base.events import RunFinished

        if isinstance(event, RunFinished):
            self.interrupted = "interrupt" in event.reason


def _test_scores(
    model: Any, test: str, target: str, weight: str | None
) -> dict[str, float]:
    """Return the scores on a test table, weighted where it has weights."""
    if weight is None:
        return dict(model.evaluate(test, target))
    from headstart.tables import to_frame

    schema = model.model_.schema
    table = to_frame(
        test, read_as_text=schema.read_as_text, reading=schema.file_reading
    )
    if weight not in table.columns:
        say(
            f"headstart: the test table has no column {weight!r}: all its rows have "
            "weight 1",
            err=True,
        )
        weight = None
    return dict(model.evaluate(table, target, sample_weight=weight))


def _report(
    model: Any, output: Path, scores: dict[str, float] | None, *, as_json: bool
) -> None:
    rows = model.leaderboard().to_dicts()
    if as_json:
        print_json(
            {
                "model": str(output),
                "task": model.task_kind_,
                "metric": model.metric_,
                "test_scores": scores,
                "leaderboard": rows,
            }
        )
        return
    print_short_leaderboard(rows[:_MOST_TRIALS])
    trials = "1 trial" if len(rows) == 1 else f"{len(rows):,} trials"
    say(
        f"{trials} with parameters and reasons: "
        f"headstart leaderboard {shlex.quote(str(output))}"
    )
    if scores is not None:
        say("\nscores on the test table")
        print_record(scores)
