"""`headstart meta refresh`: the datasets of an OpenML suite for a base."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from headstart.cli.command import JsonOption, command
from headstart.cli.meta.places import BaseOption, own_place
from headstart.cli.output.printing import print_json, print_record, print_rows, say

if TYPE_CHECKING:
    from headstart.meta.openml import Evaluate, RefreshProgress
    from headstart.meta.store import KnowledgeBase

__all__ = ["refresh"]


@command
def refresh(
    suite: Annotated[
        str, typer.Option(help="Suite by number or alias: OpenML-CC18, 271, 269.")
    ] = "OpenML-CC18",
    *,
    limit: Annotated[
        int | None,
        typer.Option(min=1, help="Maximum number of tasks, in the suite's order."),
    ] = None,
    server: Annotated[
        str, typer.Option(help="URL of an OpenML server's XML API.")
    ] = "https://www.openml.org/api/v1/xml",
    base: BaseOption = "own",
    evaluate: Annotated[
        bool, typer.Option("--evaluate", help="Evaluate a grid on each dataset.")
    ] = False,
    configurations: Annotated[
        int, typer.Option(min=1, help="Configurations of the grid, with --evaluate.")
    ] = 20,
    seconds: Annotated[
        float,
        typer.Option(min=0.1, help="Seconds per configuration, with --evaluate."),
    ] = 20.0,
    n_jobs: Annotated[
        int | None, typer.Option(min=1, help="Fits in parallel. Default: all cores.")
    ] = None,
    evaluations: Annotated[
        bool,
        typer.Option("--evaluations", help="Also fetch evaluations by others."),
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show the plan, fetch no data.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Add the datasets of an OpenML suite to your own knowledge base.

    All records are added at the end, in one transaction. An interrupted refresh
    continues when repeated. Nothing is sent except the requests.
    """
    from headstart.meta.openml import RefreshOptions, plan_refresh
    from headstart.meta.openml import refresh as fetch
    from headstart.meta.shipped import open_own

    number_or_alias = int(suite) if suite.isdecimal() else suite
    budget = f"{configurations} configurations, {seconds:g} s" if evaluate else ""
    options = RefreshOptions(
        server=server,
        suite=number_or_alias,
        limit=limit,
        evaluations=evaluations,
        evaluation=budget,
    )
    if dry_run:
        plan = plan_refresh(options)
        if as_json:
            print_json(asdict(plan) | {"n_calls": plan.n_calls})
            return
        print_rows([asdict(task) for task in plan.tasks])
        calls = ", ".join(f"{n} {what}" for what, n in plan.calls.items())
        say(
            f"\n{plan.n_calls} calls ({calls}), at least {plan.seconds:.0f} s at "
            f"{plan.calls_per_second:g} a second"
        )
        return
    with open_own(own_place(base)) as knowledge_base:
        evaluator = None
        if evaluate:
            evaluator = _evaluator(knowledge_base, configurations, seconds, n_jobs)
        report = fetch(knowledge_base, options, evaluator, _print_progress)
    if as_json:
        print_json(asdict(report))
    else:
        print_record(asdict(report))


def _evaluator(
    base: "KnowledgeBase", configurations: int, seconds: float, n_jobs: int | None
) -> "Evaluate":
    from headstart.meta.evaluate import EvaluationLimits, table_evaluator

    limits = EvaluationLimits(seconds=seconds)

    def evaluated(uid: str) -> set[str]:
        return {
            record.configuration.key
            for record in base.evaluations(dataset_uid=uid)
            if record.scheme == limits.scheme
        }

    return table_evaluator(configurations, limits, known=evaluated, n_jobs=n_jobs)


def _print_progress(step: "RefreshProgress") -> None:
    say(f"[{step.done}/{step.total}] {step.stage}: {step.message}", err=True)
