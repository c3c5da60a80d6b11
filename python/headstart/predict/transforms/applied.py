"""Transforms of stored kinds, which need no plugin."""

from typing import Any, NoReturn

from headstart.base import StoredTransform, Transform
from headstart.predict.kinds import TRANSFORM_KINDS, overrides

__all__ = ["AppliedTransform", "kind_of_transform", "transform_of_kind"]

# A transform that overrides one of them applies its fitted state itself.
_APPLICATION = ("transform", "dump", "load")


class AppliedTransform(Transform):
    """Applies fitted transforms of a file whose transform need not be installed.

    Parameters
    ----------
    name : str
        Name of the transform that was fitted.
    stored_as : type of StoredTransform
    """

    def __init__(self, name: str, stored_as: type[StoredTransform]) -> None:
        # An instance is a transform of its own.
        self.name = name  # type: ignore[misc]
        self.stored_as = stored_as  # type: ignore[misc]

    def fit(self, *arguments: Any, **options: Any) -> NoReturn:
        """Raise: only the installed transform can be fitted."""
        del arguments, options
        raise NotImplementedError(
            f"The transform {self.name!r} comes from a model file, which can apply it. "
            "Only the installed one can be fitted."
        )


def kind_of_transform(transform: Transform) -> str | None:
    """Return the kind of a transform's fitted state; None if only its code applies it.

    Examples
    --------
    >>> from headstart.predict import SelectedColumns
    >>> kind_of_transform(AppliedTransform("mine", SelectedColumns))
    'selected_columns'
    """
    stored_as = transform.stored_as
    if stored_as is None or overrides(transform, Transform, _APPLICATION):
        return None
    return stored_as.kind if TRANSFORM_KINDS.get(stored_as.kind) is stored_as else None


def transform_of_kind(kind: str, name: str) -> Transform | None:
    """Return a transform that loads and applies stored transforms of a kind.

    Parameters
    ----------
    kind : str
        The kind in a file; None is returned for an unknown one.
    name : str
        Name of the transform that was fitted.
    """
    stored_as = TRANSFORM_KINDS.get(kind)
    return None if stored_as is None else AppliedTransform(name, stored_as)
