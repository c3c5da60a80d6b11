"""`headstart meta verify`: the integrity check of a base."""

import typer

from headstart.cli.command import FAILED, JsonOption, command
from headstart.cli.meta.places import BaseArgument, open_base
from headstart.cli.output.printing import print_json, say

__all__ = ["verify"]


@command
def verify(base: BaseArgument = "shipped", *, as_json: JsonOption = False) -> None:
    """Check the integrity of a knowledge base; exits with 1 if it is damaged.

    It runs the database's own check, recomputes every hash and follows every reference.
    """
    from headstart.meta.store import verify as check

    with open_base(base) as knowledge_base:
        problems = check(knowledge_base)
        digest = "" if problems else knowledge_base.digest()
    if as_json:
        print_json({"problems": problems, "sha256": digest})
    elif problems:
        for line in problems:
            say(line)
    else:
        say(f"sound, sha256 {digest}")
    if problems:
        raise typer.Exit(FAILED)
