"""Options for additional and disabled plugins."""

import functools
import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

__all__ = ["DisabledPlugins", "PluginFiles", "with_plugins"]

PluginFiles = Annotated[
    list[Path] | None,
    typer.Option(
        metavar="FILE",
        help="Load the plugin in this Python file. Repeatable.",
        rich_help_panel="Plugins",
    ),
]
DisabledPlugins = Annotated[
    list[str] | None,
    typer.Option(
        metavar="NAME",
        help="Do not load plugins of this distribution. Repeatable.",
        rich_help_panel="Plugins",
    ),
]


def with_plugins(function: Callable[..., None]) -> Callable[..., None]:
    """Return the function with ``--plugin`` and ``--disable-plugin`` added.

    The decorator is written below `command`.
    """

    @functools.wraps(function)
    def run(
        *arguments: Any,
        plugin: list[Path] | None,
        disable_plugin: list[str] | None,
        **options: Any,
    ) -> None:
        if plugin or disable_plugin:
            from headstart.plugins import use

            use(files=plugin or (), disabled=disable_plugin or ())
        function(*arguments, **options)

    signature = inspect.signature(function)
    added = {"plugin": PluginFiles, "disable_plugin": DisabledPlugins}
    parameters = [
        *signature.parameters.values(),
        *(
            inspect.Parameter(
                name,
                inspect.Parameter.KEYWORD_ONLY,
                default=None,
                annotation=annotation,
            )
            for name, annotation in added.items()
        ),
    ]
    del run.__wrapped__  # Typer would read the wrapped signature
    run.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]
    run.__annotations__ = {**function.__annotations__, **added}
    return run
