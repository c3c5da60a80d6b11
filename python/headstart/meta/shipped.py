"""The knowledge base that is shipped with headstart."""

from pathlib import Path

from headstart.meta.store import KnowledgeBase, LayeredBase

__all__ = ["open_bases", "open_own", "shipped_base"]


def shipped_base() -> Path | None:
    """Return the file of the shipped base, or None if this build has none.

    `meta_db/README.md` describes its content and how it is made.
    """
    path = Path(__file__).parent / "data" / "base.db"
    return path if path.exists() else None


def open_bases(
    place: str | Path | None = None, *, deadline: float | None = None
) -> LayeredBase:
    """Return the user's own base layered over the shipped one, for reading.

    Parameters
    ----------
    place : str, Path or None
        Place of the user's own base; by default `own_base_place`.
    deadline : float or None, default=None
        Time of `time.monotonic` by which the user's own base must have answered.

    Raises
    ------
    KnowledgeBaseError
        If neither can be read.
    """
    return LayeredBase.open(shipped_base(), place, deadline=deadline)


def open_own(place: str | Path, *, deadline: float | None = None) -> KnowledgeBase:
    """Return the user's own base, open for writing; it is made if it does not exist.

    Parameters
    ----------
    place : str or Path
    deadline : float or None, default=None
        Time of `time.monotonic` by which it must have answered.
    """
    return KnowledgeBase.open(place, deadline=deadline)
