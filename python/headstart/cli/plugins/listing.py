"""`headstart plugins list`: the plugins with their status."""

from typing import TYPE_CHECKING, Any

from headstart.cli.command import JsonOption, command
from headstart.cli.output.printing import print_json, print_rows
from headstart.cli.plugin_options import with_plugins

if TYPE_CHECKING:
    from headstart.plugins import PluginProblem

__all__ = ["list_plugins"]

_COLUMNS = (
    "name", "version", "distribution", "status", "reason", "provides", "hooks",
)  # fmt: skip


@command
@with_plugins
def list_plugins(*, as_json: JsonOption = False) -> None:
    """List plugins: their parts, status, and the reason of a failure.

    The status is `loaded`, `failed` or `disabled`.
    """
    from headstart.plugins import load_plugins

    registry = load_plugins()
    rows: list[dict[str, Any]] = [
        {
            "name": plugin.name,
            "version": plugin.version,
            "distribution": plugin.origin,
            "hooks": list(plugin.hooks),
            "provides": {kind: list(names) for kind, names in plugin.provides.items()},
            "status": "loaded",
            "reason": "; ".join(plugin.notes),
        }
        for plugin in registry.plugins
    ]
    rows += [_left_out(problem, "failed") for problem in registry.problems]
    rows += [_left_out(problem, "disabled") for problem in registry.disabled]
    if as_json:
        print_json(rows)
        return
    shown = [
        {
            **row,
            "hooks": ", ".join(hook.removeprefix("register_") for hook in row["hooks"]),
            "provides": ", ".join(
                name for names in row["provides"].values() for name in names
            ),
        }
        for row in rows
    ]
    print_rows(shown, columns=_COLUMNS)


def _left_out(problem: "PluginProblem", status: str) -> dict[str, Any]:
    return {
        "name": problem.name,
        "version": "",
        "distribution": problem.distribution or "this program",
        "hooks": [],
        "provides": {},
        "status": status,
        "reason": problem.reason,
    }
