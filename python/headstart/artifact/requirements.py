"""What must be installed for a model file, and what to do where it is not."""

import importlib.metadata
import warnings
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Any

from headstart.exceptions import HeadstartWarning, MissingPluginError
from headstart.facts.versions import version_differences
from headstart.plugins import Registry

__all__ = ["missing_plugin", "plugins_needed", "tell_other_versions"]

# What restores the objects of a model that is stored in skops' form.
_SKOPS_LIBRARIES = ("scikit-learn", "scipy", "skops")


def plugins_needed(
    registry: Registry, names: Iterable[str], kind: str = "learners"
) -> dict[str, dict[str, str]]:
    """Return, by name, the plugin that brought it: JSON-able, for a model file.

    What no plugin brought (an object that was passed to the fit) is not there.
    """
    found = {}
    for name in names:
        plugin = registry.plugin_of(name, kind)
        if plugin is not None:
            found[name] = {
                "plugin": plugin.name,
                "distribution": plugin.distribution,
                "version": plugin.version,
                "source": plugin.source,
            }
    return found


def missing_plugin(
    registry: Registry,
    path: str | Path,
    what: str,
    name: str,
    record: Mapping[str, Any],
) -> MissingPluginError:
    """Return the error that says what to do for a plugin that is not there.

    Parameters
    ----------
    what, name : str
        ``"learner"`` and its name.
    record : mapping
        Of it in the model file, as `plugins_needed` made it; empty where unknown.
    """
    distribution = str(record.get("distribution", ""))
    version = str(record.get("version", ""))
    source = str(record.get("source", "distribution"))
    begin = f"The model file {path} needs the {what} {name!r}, which is not there."
    for problem in (*registry.problems, *registry.disabled):
        if distribution and problem.distribution == distribution:
            return MissingPluginError(f"{begin} {problem}")
    if source == "file":
        return MissingPluginError(
            f"{begin} It came from the plugin file {distribution} (its SHA-256 begins "
            f"with {version}). hint: --plugin {distribution}, or "
            f"headstart.plugins.use(files=[{distribution!r}]), where it lies now."
        )
    if distribution:
        wanted = f"{distribution}=={version}" if version else distribution
        origin = f"{begin} It came from {distribution}{version and ' '}{version}"
        installed = _installed_version(distribution)
        if installed is None:
            return MissingPluginError(
                f"{origin}, which is not installed. hint: pip install {wanted}"
            )
        if installed == version:
            return MissingPluginError(
                f"{origin}, which is installed and does not bring it here. hint: "
                f"headstart plugins list says what it brings; the plugin may need a "
                "library that is missing, or another state of the same version."
            )
        return MissingPluginError(
            f"{origin}. Installed is {installed}, which does not bring it. "
            f"hint: pip install {wanted}"
        )
    return MissingPluginError(
        f"{begin} It came from a running program. hint: register its plugin again "
        f"(headstart.plugins.register), or pass it: headstart.load(path, {what}s=[...])"
    )


def tell_other_versions(
    path: str | Path,
    made_by: Mapping[str, str],
    plugins: Collection[str],
    *,
    uses_skops: bool,
) -> None:
    """Warn where a model was fitted by other versions than are installed here.

    Only those count that read what the model holds: headstart's own learners store
    plain numbers, whose meaning is that of the file's format.

    Parameters
    ----------
    made_by : mapping of str to str
        Versions of what fitted the model.
    plugins : collection of str
        Distributions whose learners and transforms are in it.
    uses_skops : bool
        Whether a part of it is in the form of skops.
    """
    counting = {*plugins, *(_SKOPS_LIBRARIES if uses_skops else ())} - {"headstart"}
    differences = [
        f"{name} {then} (here {now})"
        for name, (then, now) in sorted(version_differences(made_by).items())
        if name in counting and now is not None
    ]
    if differences:
        warnings.warn(
            f"The model {path} was fitted with {', '.join(differences)}: its "
            "predictions may differ. hint: install these versions, or fit it again.",
            HeadstartWarning,
            stacklevel=5,  # whoever called load() or describe()
        )


def _installed_version(distribution: str) -> str | None:
    try:
        return importlib.metadata.version(distribution)
    except (importlib.metadata.PackageNotFoundError, ValueError):
        return None
