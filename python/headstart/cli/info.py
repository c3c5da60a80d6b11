"""`headstart info`: the description of a model file."""

from headstart.cli.command import JsonOption, ModelArgument, command
from headstart.cli.output.printing import print_json, print_record
from headstart.cli.plugin_options import with_plugins

__all__ = ["info"]


@command
@with_plugins
def info(model: ModelArgument, *, as_json: JsonOption = False) -> None:
    """Describe a model: columns, members, versions."""
    from headstart.api import describe

    record = describe(model).info()
    if as_json:
        print_json(record)
    else:
        print_record(record)
