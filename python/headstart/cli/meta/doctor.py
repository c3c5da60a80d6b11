"""`headstart meta doctor`: coverage and suspicious records of a base."""

from dataclasses import asdict

from headstart.cli.command import JsonOption, command
from headstart.cli.meta.places import BaseArgument, open_base
from headstart.cli.output.printing import print_json, print_rows, say

__all__ = ["doctor"]


@command
def doctor(base: BaseArgument = "shipped", *, as_json: JsonOption = False) -> None:
    """Show the coverage of a knowledge base, and suspicious records.

    It lists the coverage of datasets by configurations, failures by learner, datasets
    without evaluations or meta-features, outliers and conflicts.
    """
    from headstart.meta.store import doctor as diagnose

    with open_base(base) as knowledge_base:
        diagnosis = diagnose(knowledge_base)
    if as_json:
        print_json(asdict(diagnosis))
        return
    say(f"{diagnosis.n_datasets} datasets, {diagnosis.n_evaluations} evaluations\n")
    print_rows([asdict(c) for c in diagnosis.coverage])
    rows = [{"learner": k, **v} for k, v in diagnosis.failures.items()]
    columns = [
        "learner",
        *sorted({status for row in rows for status in row} - {"learner"}),
    ]
    if rows:
        say()
        print_rows(rows, columns=columns)
    for heading, entries in (
        ("without evaluations", diagnosis.without_evaluations),
        ("without meta-features", diagnosis.without_meta_features),
        ("without a successful evaluation", diagnosis.never_succeeded),
        ("outliers", diagnosis.outliers),
        ("conflicts", diagnosis.conflicts),
    ):
        if entries:
            say(f"\n{heading}")
            for entry in entries:
                say(f"  {entry}")
