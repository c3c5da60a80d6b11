"""The plugins that a model file needs, and errors for missing ones."""

import importlib.metadata
import warnings
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Any

from headstart.exceptions import HeadstartWarning, MissingPluginError
from headstart.facts.versions import version_differences
from headstart.plugins import Registry

__all__ = ["missing_plugin", "plugins_needed", "warn_of_other_versions"]

# Libraries that load the objects of a part in the format of skops.
_SKOPS_LIBRARIES = ("scikit-learn", "scipy", "skops")


def plugins_needed(
    registry: Registry, names: Iterable[str], kind: str = "learners"
) -> dict[str, dict[str, str]]:
    """Return the plugin of each learner or transform as JSON values, by its name.

    Objects that were passed to the fit have no plugin and are left out.

    Parameters
    ----------
    registry : Registry
    names : iterable of str
    kind : str
        ``"learners"`` or ``"transforms"``.
    """
    plugins = {}
    for name in names:
        plugin = registry.plugin_of(name, kind)
        if plugin is not None:
            plugins[name] = {
                "plugin": plugin.name,
                "distribution": plugin.distribution,
                "version": plugin.version,
                "source": plugin.source,
            }
    return plugins


def missing_plugin(
    registry: Registry,
    path: str | Path,
    what: str,
    name: str,
    record: Mapping[str, Any],
) -> MissingPluginError:
    """Return the error for a missing plugin, with a remedy.

    Parameters
    ----------
    registry : Registry
    path : path
        The model file.
    what, name : str
        ``"learner"`` or ``"transform"``, and its name.
    record : mapping
        Its record in the model file, by `plugins_needed`; empty if unknown.
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
            f"headstart.plugins.use(files=[{distribution!r}]), with its path."
        )
    if distribution:
        requirement = f"{distribution}=={version}" if version else distribution
        origin = f"{begin} It came from {distribution}{version and ' '}{version}"
        installed = _installed_version(distribution)
        if installed is None:
            return MissingPluginError(
                f"{origin}, which is not installed. hint: pip install {requirement}"
            )
        if installed == version:
            return MissingPluginError(
                f"{origin}, which is installed but does not register it. hint: "
                f"headstart plugins list shows what it registers; a library that it "
                "needs may be missing, or its code may differ at the same version."
            )
        return MissingPluginError(
            f"{origin}. Version {installed} is installed, which does not register it. "
            f"hint: pip install {requirement}"
        )
    return MissingPluginError(
        f"{begin} It came from a running program. hint: register its plugin again "
        f"(headstart.plugins.register), or pass it: headstart.load(path, {what}s=[...])"
    )


def warn_of_other_versions(
    path: str | Path,
    made_by: Mapping[str, str],
    plugins: Collection[str],
    *,
    uses_skops: bool,
) -> None:
    """Warn if a model was fitted with other versions than those installed here.

    Only distributions that read parts of the model count. headstart's own learners
    store plain numbers, whose meaning depends on the file's format alone.

    Parameters
    ----------
    path : path
        The model file.
    made_by : mapping of str to str
        Versions of the distributions at the fit.
    plugins : collection of str
        Distributions whose learners and transforms are in the model.
    uses_skops : bool
        Whether a part of the model is in the format of skops.
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
            stacklevel=5,  # the caller of load() or describe()
        )


def _installed_version(distribution: str) -> str | None:
    try:
        return importlib.metadata.version(distribution)
    except (importlib.metadata.PackageNotFoundError, ValueError):
        return None
