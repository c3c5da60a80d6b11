"""The knowledge base that comes with headstart."""

from pathlib import Path

from headstart.meta.store import KnowledgeBase, LayeredBase

__all__ = ["open_bases", "open_own", "shipped_base"]


def shipped_base() -> Path | None:
    """Return the file of the shipped base, None where this build has none.

    `meta_db/README.md` says what it holds and how it is made.
    """
    path = Path(__file__).parent / "data" / "base.db"
    return path if path.exists() else None


def open_bases(own: str | Path | None = None) -> LayeredBase:
    """Open what is known: the user's own base over the shipped one, for reading.

    Raises
    ------
    KnowledgeBaseError
        If neither can be read.
    """
    return LayeredBase.open(shipped_base(), own)


def open_own(own: str | Path) -> KnowledgeBase:
    """Open the user's own base for writing; it is made where it is not there."""
    if not (isinstance(own, str) and "://" in own):
        Path(own).parent.mkdir(parents=True, exist_ok=True)
    return KnowledgeBase.open(own)
