"""Fitted scikit-learn objects as bytes that load without running code."""

from collections.abc import Sequence
from typing import Any

from headstart.base.learner import Parts
from headstart.exceptions import ArtifactError

__all__ = ["dump_skops", "load_skops"]

_PART = "model.skops"


def dump_skops(fitted: Any, name: str = _PART) -> Parts:
    """Return a fitted object in skops' form, as one part."""
    import skops.io

    return {name: skops.io.dumps(fitted)}


def load_skops(
    parts: Parts, owner: str, trusted: Sequence[str], name: str = _PART
) -> Any:
    """Return the object that `dump_skops` wrote.

    Parameters
    ----------
    owner : str
        Whose object it is, for messages: ``"transform 'pca'"``.
    trusted : sequence of str
        Dotted names of types that may be built beyond skops' own.

    Raises
    ------
    ArtifactError
        If it cannot be read, or holds other types.
    """
    import skops.io

    try:
        data = parts[name]
        unknown = set(skops.io.get_untrusted_types(data=data))
        refused = sorted(unknown - set(trusted))
        if not refused:
            return skops.io.loads(data, trusted=sorted(unknown))
    except Exception as error:
        raise ArtifactError(
            f"What {owner} has stored cannot be read: {error}"
        ) from error
    raise ArtifactError(
        f"What {owner} has stored holds types that are not trusted: "
        f"{', '.join(refused)}. hint: declare what is stored in trusted_types()."
    )
