"""`headstart plugins new`: a scaffold of a plugin whose tests pass."""

import re
from importlib.resources import files
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from headstart.cli.command import command
from headstart.cli.output.printing import say
from headstart.exceptions import PluginError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from importlib.resources.abc import Traversable

__all__ = ["new"]

_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_ENDING = ".template"


@command
def new(
    name: Annotated[
        str,
        typer.Argument(
            metavar="NAME",
            help="Name of the plugin: lower-case letters, digits, hyphens.",
        ),
    ],
    *,
    kind: Annotated[
        Literal["learner", "transform", "metric"],
        typer.Option(help="What the plugin provides."),
    ] = "learner",
    output: Annotated[
        Path,
        typer.Option(
            "--output", "-o", metavar="DIR", help="Parent folder of the plugin."
        ),
    ] = Path(),
) -> None:
    """Create a plugin as a distribution of its own, whose tests pass.

    The folder `headstart-NAME` has pyproject.toml with the entry point, source, tests
    by the conformance kit, README, and a workflow for CI.
    """
    short = name.lower().replace("_", "-").removeprefix("headstart-")
    if not _NAME.fullmatch(short):
        raise PluginError(
            "The name must be lower-case letters, digits and hyphens, and begin with "
            f"a letter. Got {name!r} instead."
        )
    folder = output / f"headstart-{short}"
    if folder.exists():
        raise PluginError(
            f"{folder} exists already. hint: choose another name, or --output."
        )
    words = {
        "name": short.replace("-", "_"),
        "distribution": f"headstart-{short}",
        "package": f"headstart_{short.replace('-', '_')}",
        "title": "".join(word.capitalize() for word in short.split("-")),
        "kind": kind,
    }
    templates = files("headstart.cli.plugins") / "templates"
    for part in ("common", kind):
        for place, text in _texts(templates / part):
            path = folder / Template(place).substitute(words)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(Template(text).substitute(words), encoding="utf-8")
    say(
        f"{folder} has a {kind} and its tests. Next:\n"
        f"  cd {folder}\n"
        "  pip install --editable .\n"
        "  python -m pytest\n"
        f"  headstart plugins check {words['distribution']}"
    )


def _texts(folder: "Traversable", at: str = "") -> "Iterator[tuple[str, str]]":
    """Yield the path and text of each file in a folder of templates."""
    # Wheels exclude hidden files, so that templates have "dot-" in place of the dot.
    at = at.replace("dot-", ".")
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if entry.is_dir():
            yield from _texts(entry, f"{at}{entry.name}/")
        elif entry.name.endswith(_ENDING):
            text = entry.read_text(encoding="utf-8")
            name = entry.name.removesuffix(_ENDING).replace("dot-", ".")
            yield f"{at}{name}", text
