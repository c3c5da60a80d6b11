"""`headstart meta pack`: one compact, read-only file from shards."""

import tempfile
from pathlib import Path
from typing import Annotated

import typer

from headstart.cli.command import command
from headstart.cli.output.printing import say

__all__ = ["pack"]


@command
def pack(
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE...", help="Shards or exports.")
    ],
    output: Annotated[Path, typer.Option("--output", "-o", help="The file to write.")],
) -> None:
    """Write a compact, read-only base from shards; print its SHA-256."""
    from headstart.meta.store import KnowledgeBase

    with (
        tempfile.TemporaryDirectory(prefix="headstart-pack-") as folder,
        KnowledgeBase.open(Path(folder) / "base.db") as base,
    ):
        with base.transaction():
            for path in sorted(files):
                added = base.import_lines(path)
                for conflict in added.conflicts:
                    say(f"{path}: conflict: {conflict}", err=True)
        digest = base.digest()
        output.parent.mkdir(parents=True, exist_ok=True)
        base.pack(output)
    say(f"{digest}  {output.name}")
