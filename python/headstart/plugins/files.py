"""Plugins of one file: loaded by path, identified by the SHA-256 of their content."""

import hashlib
import sys
from collections.abc import Iterable
from functools import lru_cache, partial
from pathlib import Path
from types import ModuleType

from headstart.exceptions import PluginError
from headstart.plugins.sources import Candidate

__all__ = [
    "MODULE_PREFIX",
    "file_candidate",
    "file_candidates",
    "files_in_folder",
    "load_plugin_file",
]

#: Prefix of module names of plugin files; the file's name without suffix follows.
MODULE_PREFIX = "headstart_plugin_file_"


def files_in_folder(folder: Path) -> list[Path]:
    """Return the plugin files of a folder, sorted: ``*.py`` without a leading ``_``.

    Raises
    ------
    PluginError
        If the folder does not exist.
    """
    if not folder.is_dir():
        raise PluginError(
            f"The folder of plugins {str(folder)!r} does not exist. "
            "hint: see HEADSTART_PLUGIN_FOLDER."
        )
    return sorted(p for p in folder.glob("*.py") if p.name[0] not in "_.")


def file_candidate(path: str | Path, sha256: str | None = None) -> Candidate:
    """Return the plugin in a file, to be loaded later.

    Parameters
    ----------
    path : path
    sha256 : str, optional
        Expected SHA-256 of the file; by default its current one.
    """
    absolute_path = Path(path).expanduser().absolute()
    if sha256 is None:
        try:
            sha256 = hashlib.sha256(absolute_path.read_bytes()).hexdigest()
        except OSError:
            sha256 = ""  # loading raises the error
    return Candidate(
        absolute_path.stem,
        absolute_path.name,
        sha256[:12],
        partial(load_plugin_file, str(absolute_path), sha256),
        source="file",
        path=str(absolute_path),
        sha256=sha256,
    )


@lru_cache(maxsize=64)
def load_plugin_file(path: str, sha256: str) -> ModuleType:
    """Import a plugin file and return its module, named with `MODULE_PREFIX`.

    The file is read once, so that the hashed content is what is run.

    Raises
    ------
    PluginError
        If it cannot be read, has another hash, or its name is no identifier or is taken
        by another plugin file.
    """
    file_path = Path(path)
    try:
        content = file_path.read_bytes()
    except OSError as error:
        raise PluginError(
            f"the file {path} cannot be read: {error.strerror or error}."
        ) from error
    actual = hashlib.sha256(content).hexdigest()
    if actual != sha256:
        raise PluginError(
            f"the file {path} has changed since it was loaded (its SHA-256 began with "
            f"{sha256[:12]}, now with {actual[:12]}). hint: start again with the file "
            "as it is."
        )
    if not file_path.stem.isidentifier():
        raise PluginError(
            f"the file {path} must have the name of a module: letters, digits and "
            "underscores, and .py."
        )
    name = MODULE_PREFIX + file_path.stem
    before = sys.modules.get(name)
    if before is not None and before.__file__ != path:
        raise PluginError(
            f"the file {path} has the name of another plugin file, "
            f"{before.__file__}. hint: rename one of them."
        )
    module = ModuleType(name)
    module.__file__ = path
    sys.modules[name] = module
    try:
        exec(compile(content, path, "exec"), module.__dict__)
    except BaseException:
        if before is None:
            del sys.modules[name]
        else:
            sys.modules[name] = before
        raise
    return module


def file_candidates(files: Iterable[str | Path]) -> list[Candidate]:
    """Return the plugins in some files, each file once, in their order."""
    paths = dict.fromkeys(Path(path).expanduser().absolute() for path in files)
    return [file_candidate(path) for path in paths]
