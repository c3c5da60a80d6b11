"""Which exporter writes a model: by its name, or by the ending of the file."""

from pathlib import Path

from headstart.exceptions import MissingPluginError, PluginError
from headstart.plugins import ExporterRecord, load_plugins

__all__ = ["exporter_for"]


def exporter_for(path: str | Path | None, format: str | None) -> ExporterRecord:  # noqa: A002
    """Return the exporter for a file.

    Parameters
    ----------
    path : path or None
        Its ending decides where `format` does not.
    format : str or None
        Name of the exporter.

    Raises
    ------
    MissingPluginError
        If no plugin brings it.
    PluginError
        If several exporters write files of that ending.
    """
    exporters = load_plugins().exporters
    listed = ", ".join(f"{e.name!r} ({e.suffix})" for e in exporters.values())
    known = (
        f"There are: {listed}." if listed else "No plugin that is installed has any."
    )
    if format is not None:
        if format not in exporters:
            raise MissingPluginError(f"Unknown export format {format!r}. {known}")
        return exporters[format]
    name = "" if path is None else str(path).lower()
    fitting = [e for e in exporters.values() if name.endswith(e.suffix)]
    if len(fitting) > 1:
        raise PluginError(
            f"Several exporters write files like {path}: "
            f"{', '.join(repr(e.name) for e in fitting)}. hint: name one as the format."
        )
    if not fitting:
        raise MissingPluginError(f"No exporter writes files like {path}. {known}")
    return fitting[0]
