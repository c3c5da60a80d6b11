"""`headstart meta evaluate`: evaluations of a grid of configurations on datasets."""

import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from headstart.cli.command import command
from headstart.cli.output.printing import say

__all__ = ["evaluate"]

_HOUR = 3600.0


@command
def evaluate(
    manifest: Annotated[
        Path,
        typer.Argument(
            metavar="MANIFEST",
            help="JSON list of tables (name, file, task, target), in the same folder.",
        ),
    ],
    output: Annotated[
        Path,
        typer.Option(
            "--output",
            "-o",
            help="Folder of shards; existing results are not repeated.",
        ),
    ],
    *,
    families: Annotated[
        Path | None,
        typer.Option(help="JSON object: family to names of its datasets."),
    ] = None,
    datasets: Annotated[
        str, typer.Option(help="Comma-separated names of datasets. Default: all.")
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
    rows: Annotated[int, typer.Option(min=10, help="Sampled rows per table.")] = 5_000,
    folds: Annotated[int, typer.Option(min=2, help="Folds per cell.")] = 3,
    seconds: Annotated[
        float, typer.Option(min=0.1, help="Seconds per cell, over its folds.")
    ] = 20.0,
    n_jobs: Annotated[
        int | None, typer.Option(min=1, help="Cells in parallel. Default: all cores.")
    ] = None,
    time_limit: Annotated[
        float, typer.Option(min=0.0, help="Hours after which no cell is started.")
    ] = 1e6,
    seed: Annotated[int, typer.Option(min=0)] = 0,
) -> None:
    """Evaluate a grid of configurations on tables, for a knowledge base.

    Each dataset has its own shard, to which every finished cell is appended at once:
    after an interruption, the same command continues. Failed cells are stored with
    their reason.
    """
    from headstart.execution import open_executor
    from headstart.meta.evaluate import EvaluationLimits, evaluate_all, read_manifest

    limits = EvaluationLimits(n_rows=rows, n_folds=folds, seconds=seconds, seed=seed)
    sources = read_manifest(manifest, _by_name(families))
    selected = {name.strip() for name in datasets.split(",") if name.strip()}
    unknown = selected - {source.name for source in sources}
    if unknown:
        raise typer.BadParameter(
            f"the manifest has no {', '.join(sorted(unknown))}.",
            param_hint="--datasets",
        )
    chosen = [s for s in sources if not selected or s.name in selected]
    end = time.monotonic() + _HOUR * time_limit
    executor = open_executor(n_jobs)
    try:
        for line in evaluate_all(
            chosen,
            output,
            configurations,
            executor,
            limits,
            transforms=_checked_transforms(after or ()),
            stop=lambda: time.monotonic() > end,
        ):
            say(line, err=True)
    finally:
        executor.close()


def _checked_transforms(transforms: Sequence[str]) -> Sequence[str]:
    from headstart.plugins import load_plugins

    available = load_plugins().transforms
    for name in transforms:
        if name not in available:
            raise typer.BadParameter(
                f"there is no transform {name!r}. Known: "
                f"{', '.join(sorted(available))}.",
                param_hint="--after",
            )
    return transforms


def _by_name(families: Path | None) -> dict[str, str]:
    if families is None:
        return {}
    groups: dict[str, list[str]] = json.loads(families.read_text())
    return {name: family for family, names in groups.items() for name in names}
