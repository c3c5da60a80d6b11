"""The choice of an exporter, by its name or by the extension of the file."""

from pathlib import Path

from headstart.exceptions import MissingPluginError, PluginError
from headstart.plugins import ExporterRecord, load_plugins

__all__ = ["exporter_for"]


def exporter_for(path: str | Path | None, format: str | None) -> ExporterRecord:  # noqa: A002
    """Return the exporter for a file.

    Parameters
    ----------
    path : path or None
        Its extension decides if `format` is None.
    format : str or None
        Name of the exporter.

    Raises
    ------
    MissingPluginError
        If no plugin has such an exporter.
    PluginError
        If several exporters write files with this extension.
    """
    exporters = load_plugins().exporters
    listed = ", ".join(f"{e.name!r} ({e.suffix})" for e in exporters.values())
    choices = f"There are: {listed}." if listed else "No installed plugin has any."
    if format is not None:
        if format not in exporters:
            raise MissingPluginError(f"Unknown export format {format!r}. {choices}")
        return exporters[format]
    name = "" if path is None else str(path).lower()
    fitting = [e for e in exporters.values() if name.endswith(e.suffix)]
    if len(fitting) > 1:
        raise PluginError(
            f"Several exporters write files like {path}: "
            f"{', '.join(repr(e.name) for e in fitting)}. hint: name one as the format."
        )
    if not fitting:
        raise MissingPluginError(f"No exporter writes files like {path}. {choices}")
    return fitting[0]
