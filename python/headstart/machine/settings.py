"""All environment variables that headstart reads.

=============================  ====================================================
name                           meaning
=============================  ====================================================
``HEADSTART_PLUGINS``          comma-separated distributions to load, instead of all
``HEADSTART_DISABLE_PLUGINS``  comma-separated distributions not to load
``HEADSTART_PLUGIN_FOLDER``    folder of plugins of one file each
``HEADSTART_STRICT_PLUGINS``   ``1`` makes any problem with a plugin an error
``HEADSTART_TRACE_PLUGINS``    ``1`` prints every hook call to standard error
``HEADSTART_EXECUTION``        ``in-process`` runs fold fits without worker processes
``HEADSTART_DATASETS``         folder of datasets, for benchmarks
``HEADSTART_META_DB``          your own knowledge base: a file, or a PostgreSQL URL
=============================  ====================================================
"""

import os
from collections.abc import Sequence
from pathlib import Path

__all__ = [
    "as_environment",
    "datasets_folder",
    "disabled_plugins",
    "enabled_plugins",
    "execution_mode",
    "own_knowledge_base",
    "plugin_folder",
    "strict_plugins",
    "trace_plugins",
    "traced_environment",
]


def enabled_plugins() -> tuple[str, ...] | None:
    """Return distributions to load, or None for all."""
    value = os.environ.get("HEADSTART_PLUGINS")
    return None if value is None else _names(value)


def disabled_plugins() -> tuple[str, ...]:
    """Return distributions not to load."""
    return _names(os.environ.get("HEADSTART_DISABLE_PLUGINS", ""))


def plugin_folder() -> Path | None:
    """Return the folder of plugins of one file each, or None."""
    value = os.environ.get("HEADSTART_PLUGIN_FOLDER")
    return Path(value).expanduser() if value else None


def strict_plugins() -> bool:
    """Return whether a problem with any plugin is an error."""
    return os.environ.get("HEADSTART_STRICT_PLUGINS", "") not in {"", "0"}


def as_environment(
    *, enabled: Sequence[str] | None, disabled: Sequence[str]
) -> dict[str, str]:
    """Return the variables that make a worker load only these distributions."""
    variables = {
        "HEADSTART_DISABLE_PLUGINS": ",".join(disabled),
        # The plugin files of a run are passed to workers by path and hash.
        "HEADSTART_PLUGIN_FOLDER": "",
        "HEADSTART_STRICT_PLUGINS": "",
    }
    return (
        variables
        if enabled is None
        else {**variables, "HEADSTART_PLUGINS": ",".join(enabled)}
    )


def trace_plugins() -> bool:
    """Return whether hook calls are printed."""
    return os.environ.get("HEADSTART_TRACE_PLUGINS", "") not in {"", "0"}


def traced_environment() -> dict[str, str]:
    """Return the environment of a process that prints its hook calls."""
    return {**os.environ, "HEADSTART_TRACE_PLUGINS": "1"}


def execution_mode() -> str:
    """Return ``"processes"`` (the default) or ``"in-process"``."""
    value = os.environ.get("HEADSTART_EXECUTION", "processes")
    if value not in {"processes", "in-process"}:
        raise ValueError(
            "HEADSTART_EXECUTION must be 'processes' or 'in-process'. "
            f"Got {value!r} instead."
        )
    return value


def datasets_folder() -> Path | None:
    """Return the folder of benchmark datasets, or None."""
    value = os.environ.get("HEADSTART_DATASETS")
    return Path(value) if value else None


def own_knowledge_base() -> str | None:
    """Return the place of the user's own knowledge base, or None for the default."""
    return os.environ.get("HEADSTART_META_DB") or None


def _names(value: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in value.split(",") if part.strip())
