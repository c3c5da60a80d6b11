"""Every environment variable headstart reads, and nowhere else.

=============================  ====================================================
name                           meaning
=============================  ====================================================
``HEADSTART_PLUGINS``          comma-separated distributions to load, instead of all
``HEADSTART_DISABLE_PLUGINS``  comma-separated distributions not to load
``HEADSTART_TRACE_PLUGINS``    ``1`` prints every hook call to standard error
``HEADSTART_EXECUTION``        ``in-process`` runs fold fits without worker processes
``HEADSTART_DATASETS``         folder of datasets, for benchmarks
``HEADSTART_META_DB``          your own knowledge base: a file, or a PostgreSQL URL
=============================  ====================================================
"""

import os
from pathlib import Path

__all__ = [
    "datasets_folder",
    "disabled_plugins",
    "enabled_plugins",
    "execution_mode",
    "own_knowledge_base",
    "trace_plugins",
]


def enabled_plugins() -> tuple[str, ...] | None:
    """Return distributions to load, or None for all."""
    value = os.environ.get("HEADSTART_PLUGINS")
    return None if value is None else _names(value)


def disabled_plugins() -> tuple[str, ...]:
    """Return distributions not to load."""
    return _names(os.environ.get("HEADSTART_DISABLE_PLUGINS", ""))


def trace_plugins() -> bool:
    """Whether hook calls are printed."""
    return os.environ.get("HEADSTART_TRACE_PLUGINS", "") not in {"", "0"}


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
    """Return where the user's own knowledge base is, or None for the usual place."""
    return os.environ.get("HEADSTART_META_DB") or None


def _names(value: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in value.split(",") if part.strip())
