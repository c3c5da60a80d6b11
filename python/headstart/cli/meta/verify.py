"""`headstart meta verify`: whether a base still says what was written into it."""

import typer

from headstart.cli.command import FAILED, JsonOption, command
from headstart.cli.meta.places import BaseArgument, open_base
from headstart.cli.output import print_json, say

__all__ = ["verify"]


@command
def verify(base: BaseArgument = "shipped", *, as_json: JsonOption = False) -> None:
    """Check that a knowledge base is whole; exits with 1 if it is not.

    The database's own check, every hash computed again, every reference followed.
    """
    from headstart.meta.store import verify as check

    with open_base(base) as found:
        problems = check(found)
        digest = "" if problems else found.digest()
    if as_json:
        print_json({"problems": problems, "sha256": digest})
    elif problems:
        for line in problems:
            say(line)
    else:
        say(f"sound, sha256 {digest}")
    if problems:
        raise typer.Exit(FAILED)
