"""`headstart plugins check`: the conformance checks of a plugin."""

import difflib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from headstart.cli.command import FAILED, JsonOption, command
from headstart.cli.output.printing import print_json, print_rows, say
from headstart.cli.plugin_options import DisabledPlugins, PluginFiles
from headstart.exceptions import PluginError

if TYPE_CHECKING:
    from headstart.plugins import PluginRecord, Registry

__all__ = ["check"]

_KINDS = {"learners": "learner", "transforms": "transform", "metrics": "metric"}


@command
def check(
    name: Annotated[
        str,
        typer.Argument(
            metavar="NAME",
            help="A plugin, its distribution, or a learner, transform or metric.",
        ),
    ],
    *,
    seconds: Annotated[
        float, typer.Option(min=1.0, help="Wall time limit of a check.")
    ] = 120.0,
    as_json: JsonOption = False,
    plugin: PluginFiles = None,
    disable_plugin: DisabledPlugins = None,
) -> None:
    """Run all checks of the conformance kit; exits with 1 if one fails.

    Each check runs in a worker process, so that a crash or hang fails that check only.
    Plugins are also imported in a worker process first.
    """
    from headstart.plugins import load_plugins
    from headstart.testing.session import Session

    _use_importable(name, plugin or (), disable_plugin or (), seconds)
    registry = load_plugins()
    reports = []
    for kind, item, record in _items_of(registry, name):
        component = getattr(registry, kind)[item]
        session = Session(
            _KINDS[kind], component, module=_module_of(record), seconds=seconds
        )
        reports.append(session.report())
    if as_json:
        print_json([report.to_record() for report in reports])
    else:
        for report in reports:
            say(f"{report.kind} {report.name}")
            print_rows(
                [
                    {
                        "check": result.id,
                        "status": result.status.value,
                        "seconds": round(result.seconds, 2),
                        "message": result.message,
                    }
                    for result in report.results
                ]
            )
            for result in report.failed:
                say(f"hint for {result.id}: {result.hint}")
            say(f"{str(report).splitlines()[-1]}\n")
    if not all(report.ok for report in reports):
        raise typer.Exit(FAILED)


def _use_importable(
    name: str, files: Sequence[Path], disabled: Sequence[str], seconds: float
) -> None:
    """Enable the plugins that can be imported; raise if `name` cannot."""
    from headstart.plugins import use
    from headstart.testing.importing import harmful_plugins

    harmful = harmful_plugins(files, disabled, seconds=seconds)
    for problem in harmful:
        if name in {problem.name, problem.distribution}:
            raise PluginError(str(problem))
        say(f"headstart: {problem}", err=True)
    names = {problem.distribution for problem in harmful}
    use(
        files=[file for file in files if file.name not in names],
        disabled=[*disabled, *names],
    )


def _items_of(
    registry: "Registry", name: str
) -> list[tuple[str, str, "PluginRecord | None"]]:
    """Return kind, name and plugin of each item that `name` stands for."""
    items: list[tuple[str, str, PluginRecord | None]] = [
        (kind, item, plugin)
        for plugin in registry.plugins
        if name in {plugin.name, plugin.distribution}
        for kind in _KINDS
        for item in plugin.provides.get(kind, ())
    ]
    items = items or [
        (kind, name, registry.plugin_of(name, kind))
        for kind in _KINDS
        if name in getattr(registry, kind)
    ]
    if items:
        return items
    for problem in registry.problems:
        if name in {problem.name, problem.distribution}:
            raise PluginError(str(problem))
    names = {p.distribution for p in registry.plugins} | {
        item for kind in _KINDS for item in getattr(registry, kind)
    }
    near = difflib.get_close_matches(name, names, n=1)
    hint = f"did you mean {near[0]!r}?" if near else "headstart plugins list"
    raise PluginError(
        f"There is no plugin, learner, transform or metric {name!r}, or it has "
        f"no parts that can be checked. hint: {hint}"
    )


def _module_of(plugin: "PluginRecord | None") -> str | None:
    """Return the module that a plugin is imported from; None for files and objects."""
    from importlib.metadata import entry_points

    if plugin is None or plugin.source in {"file", "program"}:
        return None
    if plugin.source == "built-in":
        return plugin.name
    entries: Any = entry_points(group="headstart", name=plugin.name)
    return next(
        (e.module for e in entries if e.dist and e.dist.name == plugin.distribution),
        None,
    )
