"""The paths of outputs: checked before the work, and written after it."""

import os
import tempfile
import zipfile
from pathlib import Path
from typing import Any

import typer

from headstart.cli.output.printing import say
from headstart.exceptions import HeadstartError

__all__ = [
    "check_ending",
    "check_folder",
    "check_model_path",
    "check_not_read",
    "default_output",
    "save_model",
]


def check_ending(path: Path) -> None:
    """Refuse an ending that no table is written to, before the work is done."""
    endings = (".csv", ".tsv", ".parquet", ".arrow", ".feather")
    if path.suffix.lower() not in endings:
        raise typer.BadParameter(
            f"the file must end in {', '.join(endings)}. Got {path.name!r}.",
            param_hint="--output",
        )


def check_folder(path: Path) -> None:
    """Refuse a path that cannot be written now, not after the time is spent."""
    folder = path.absolute().parent
    if not folder.is_dir():
        raise typer.BadParameter(
            f"there is no folder {str(path.parent)!r}.", param_hint="--output"
        )
    try:
        with tempfile.TemporaryFile(dir=os.path.realpath(path.absolute().parent)):
            pass
    except OSError as error:
        raise typer.BadParameter(
            f"nothing can be written to the folder {str(folder)!r}: "
            f"{error.strerror or error}.",
            param_hint="--output",
        ) from None


def check_not_read(path: Path, *read: str | Path | None) -> None:
    """Raise BadParameter if the output is a file that the command reads."""
    for other in read:
        if other is None:
            continue
        try:
            is_same = path.samefile(other)
        except (OSError, ValueError):  # one is not there, or is no file
            continue
        if is_same:
            raise typer.BadParameter(
                f"{str(path)!r} is the file {str(other)!r} that the command reads, and "
                "would be replaced. Name another file.",
                param_hint="--output",
            )


def default_output(source: str | Path, ending: str) -> Path:
    """Return a file name in the working folder: `source`'s with another extension.

    Examples
    --------
    >>> default_output("data/sales.v1.csv.gz", ".headstart").name
    'sales.v1.headstart'
    """
    name = Path(source).name
    if "://" in str(source):
        name = name.partition("?")[0]  # A query may hold a signature.
    if name == "-":
        name = "standard_input"
    for packed in (".gz", ".zip", ".xz", ".bz2"):
        name = name.removesuffix(packed)
    stem = Path(name).stem if "." in name else name
    return Path(f"{stem}{ending}")


def check_model_path(place: Path, *, is_named: bool) -> None:
    """Raise BadParameter before the search if the model cannot be saved there."""
    check_folder(place)
    if not place.exists():
        return
    if not is_named:
        raise typer.BadParameter(
            f"{str(place)!r} exists already. Name it with --output to replace it, or "
            "name another file.",
            param_hint="--output",
        )
    if not _may_be_replaced(place):
        raise typer.BadParameter(
            f"{str(place)!r} exists and is no headstart model, so that it is not "
            "replaced. Name another file.",
            param_hint="--output",
        )


def _may_be_replaced(place: Path) -> bool:
    """Return True for a file or folder that is a model, and for an empty file."""
    from headstart.artifact.container import MANIFEST_NAME

    if place.is_dir():
        return (place / MANIFEST_NAME).is_file()
    try:
        if place.stat().st_size == 0:
            return place.is_file()
        with zipfile.ZipFile(place) as archive:
            return MANIFEST_NAME in archive.namelist()
    except (OSError, zipfile.BadZipFile):
        return False


def save_model(model: Any, place: Path) -> tuple[Path, str]:
    """Save the model, in the temporary folder if `place` fails.

    Returns
    -------
    place : Path
        Path of the saved model.
    problem : str
        Reason why `place` failed; empty if it did not.
    """
    try:
        model.save(place)
    except (HeadstartError, OSError, ValueError) as error:
        problem = str(error)
        say(f"headstart: {problem}", err=True)
        kept = Path(tempfile.mkdtemp(prefix="headstart-model-")) / place.name
        model.save(kept)
        say("headstart: the model is saved in the temporary folder instead", err=True)
        return kept, problem
    return place, ""
