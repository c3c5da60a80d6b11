"""`headstart meta evaluate`: run the grid over datasets and keep what came out."""

import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from headstart.cli.command import command
from headstart.cli.output import say

__all__ = ["evaluate"]

_HOUR = 3600.0


@command
def evaluate(
    manifest: Annotated[
        Path,
        typer.Argument(
            metavar="MANIFEST",
            help="JSON list of tables beside it: name, file, task, target.",
        ),
    ],
    output: Annotated[
        Path,
        typer.Option(
            "--output", "-o", help="Folder of shards; what it holds is not redone."
        ),
    ],
    *,
    families: Annotated[
        Path | None,
        typer.Option(help="JSON object: family to names of its datasets."),
    ] = None,
    datasets: Annotated[
        str, typer.Option(help="Names to evaluate on, with commas. Default: all.")
    ] = "",
    configurations: Annotated[
        int, typer.Option(min=1, help="Configurations of the grid.")
    ] = 60,
    after: Annotated[
        list[str] | None,
        typer.Option(
            metavar="TRANSFORM",
            help="Also each learner's default after this transform, where it applies.",
        ),
    ] = None,
    rows: Annotated[int, typer.Option(min=10, help="Rows drawn of a table.")] = 5_000,
    folds: Annotated[int, typer.Option(min=2, help="Folds of a cell.")] = 3,
    seconds: Annotated[
        float, typer.Option(min=0.1, help="Seconds of a cell, its folds together.")
    ] = 20.0,
    n_jobs: Annotated[
        int | None, typer.Option(min=1, help="Cells at a time. Default: the cores.")
    ] = None,
    time_limit: Annotated[
        float, typer.Option(min=0.0, help="Hours after which no cell is started.")
    ] = 1e6,
    seed: Annotated[int, typer.Option(min=0)] = 0,
) -> None:
    """Evaluate a grid of configurations on tables, for a knowledge base.

    Each dataset has a shard of its own, to which every finished cell is added at once:
    stopped at any moment, the same command goes on where it was. Cells that fail are
    kept with their reason.
    """
    from headstart.execution import open_executor
    from headstart.meta.evaluate import EvaluationLimits, evaluate_all, read_manifest

    limits = EvaluationLimits(n_rows=rows, n_folds=folds, seconds=seconds, seed=seed)
    sources = read_manifest(manifest, _by_name(families))
    wanted = {name.strip() for name in datasets.split(",") if name.strip()}
    unknown = wanted - {source.name for source in sources}
    if unknown:
        raise typer.BadParameter(
            f"the manifest has no {', '.join(sorted(unknown))}.",
            param_hint="--datasets",
        )
    chosen = [s for s in sources if not wanted or s.name in wanted]
    end = time.monotonic() + _HOUR * time_limit
    executor = open_executor(n_jobs)
    try:
        for line in evaluate_all(
            chosen,
            output,
            configurations,
            executor,
            limits,
            transforms=_known(after or ()),
            stop=lambda: time.monotonic() > end,
        ):
            say(line, err=True)
    finally:
        executor.close()


def _known(transforms: Sequence[str]) -> Sequence[str]:
    from headstart.plugins import load_plugins

    there = load_plugins().transforms
    for name in transforms:
        if name not in there:
            raise typer.BadParameter(
                f"there is no transform {name!r}. Known: {', '.join(sorted(there))}.",
                param_hint="--after",
            )
    return transforms


def _by_name(families: Path | None) -> dict[str, str]:
    if families is None:
        return {}
    groups: dict[str, list[str]] = json.loads(families.read_text())
    return {name: family for family, names in groups.items() for name in names}
