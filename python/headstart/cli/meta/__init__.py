"""`headstart meta`: commands on knowledge bases."""

import typer

from headstart.cli.meta.diff import diff
from headstart.cli.meta.doctor import doctor
from headstart.cli.meta.evaluate import evaluate
from headstart.cli.meta.export import export, import_lines, merge
from headstart.cli.meta.info import info
from headstart.cli.meta.learn import learn
from headstart.cli.meta.pack import pack
from headstart.cli.meta.refresh import refresh
from headstart.cli.meta.verify import verify

__all__ = ["meta"]

meta = typer.Typer(
    name="meta",
    help="Commands on knowledge bases: results of configurations on datasets.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
for function in (
    *(info, doctor, verify, diff, export, merge),
    *(learn, refresh, evaluate, pack),
):
    meta.command()(function)
meta.command("import")(import_lines)
