"""Selection of the transforms that a search may use, by ``transforms=``."""

import difflib
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from headstart.base.task import TaskKind
from headstart.base.transform import Transform
from headstart.exceptions import MissingPluginError, PluginError
from headstart.plugins.declarations import check_transform_declaration

if TYPE_CHECKING:
    from headstart.plugins.registry import Registry

__all__ = ["find_transform", "select_transforms"]

# Transforms of first-party distributions, to distinguish a missing distribution from a
# misspelt name.
_KNOWN_DISTRIBUTIONS = {"text_svd": "headstart-text"}


def find_transform(registry: "Registry", name: str) -> Transform:
    """Return the registered transform of that name.

    Raises
    ------
    MissingPluginError
        If its distribution is not installed or not usable.
    PluginError
        If there is no such transform.
    """
    if name in registry.transforms:
        return registry.transforms[name]
    distribution = _KNOWN_DISTRIBUTIONS.get(name)
    if distribution is None:
        raise PluginError(_unknown(name, registry.transforms))
    for problem in registry.problems:
        if problem.distribution == distribution:
            raise MissingPluginError(f"Transform {name!r} is not usable. {problem}")
    raise MissingPluginError(
        f"Transform {name!r} needs the distribution {distribution}. "
        f"hint: pip install {distribution}"
    )


def select_transforms(
    registry: "Registry",
    transforms: Sequence[str | Transform] | None,
    kind: TaskKind,
) -> dict[str, Transform]:
    """Return the transforms that a search for a task of `kind` may use, by name.

    Parameters
    ----------
    registry : Registry
    transforms : sequence of str or Transform, or None
        Names to use, names to leave out (``"-text_svd"``) and `Transform` objects. With
        None, or only names to leave out, all transforms registered for the task are
        used; with an empty list, none.
    kind : TaskKind

    Raises
    ------
    PluginError
        If a name is unknown, or a transform is not made for `kind`.
    MissingPluginError
        If a transform's distribution is not installed.
    """
    if isinstance(transforms, str | Transform | type):
        raise PluginError(
            "The 'transforms' parameter must be a list of names or transforms. Got "
            f"{transforms!r} instead. hint: put it into a list."
        )
    if transforms is not None and not len(transforms):
        return {}
    selected: dict[str, Transform] = {}
    left_out: set[str] = set()
    for item in transforms or ():
        if isinstance(item, str) and item.startswith("-"):
            left_out.add(_known_name(registry, item[1:]))
            continue
        transform = (
            find_transform(registry, item)
            if isinstance(item, str)
            else check_transform_declaration(item)
        )
        if selected.setdefault(transform.name, transform) is not transform:
            raise PluginError(f"Two transforms are named {transform.name!r}.")
        if kind not in transform.tasks:
            raise PluginError(
                f"Transform {transform.name!r} is made for "
                f"{', '.join(sorted(transform.tasks))} tasks. The task is {kind}."
            )
    if not selected:
        selected = {n: t for n, t in registry.transforms.items() if kind in t.tasks}
    return {name: t for name, t in selected.items() if name not in left_out}


def _known_name(registry: "Registry", name: str) -> str:
    # Leaving out a first-party transform that is not installed is no error.
    if name not in registry.transforms and name not in _KNOWN_DISTRIBUTIONS:
        raise PluginError(_unknown(name, registry.transforms))
    return name


def _unknown(name: str, transforms: Mapping[str, object] | Iterable[str]) -> str:
    names = sorted(transforms)
    listed = ", ".join(map(repr, names)) or "none"
    message = f"Unknown transform {name!r}. Installed: {listed}."
    near = difflib.get_close_matches(name, [*names, *_KNOWN_DISTRIBUTIONS], n=1)
    return f"{message} hint: did you mean {near[0]!r}?" if near else message
