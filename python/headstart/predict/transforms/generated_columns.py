"""Generated features of a table."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Self

# Names of the module are imported when used, so that learners do not need polars.
import headstart.features
from headstart.base import Parts, StoredTransform
from headstart.base.arrays import pack_arrays, require, unpack_arrays
from headstart.exceptions import ArtifactError

if TYPE_CHECKING:
    import polars as pl

    from headstart.features import FittedFeatures

__all__ = ["GeneratedColumns"]

_PLAN, _NUMBERS = "plan.json", "plan.safetensors"
_GAINS = "gains.json"


@dataclass(frozen=True, eq=False)
class GeneratedColumns(StoredTransform):
    """Fitted features and their gains.

    Parameters
    ----------
    features : FittedFeatures
    gains : tuple of float or None
        Gain per candidate; None if it was not measured.
    """

    kind: ClassVar[str] = "generated_columns"
    features: "FittedFeatures"
    gains: tuple[float | None, ...]

    def apply(self, X: "pl.DataFrame") -> "pl.DataFrame":
        """Return the features of new rows."""
        return self.finite(self.features.apply(X))

    def reads(self, columns: Sequence[str]) -> Sequence[str]:
        """Return the columns that features are made of."""
        del columns
        return self.features.columns

    @staticmethod
    def finite(features: "pl.DataFrame") -> "pl.DataFrame":
        """Return features with infinite values as missing: a quotient may overflow."""
        import polars as pl
        import polars.selectors as cs

        return features.with_columns(
            pl.when(column.is_finite()).then(column)
            for column in (pl.col(c) for c in features.select(cs.float()).columns)
        )

    def to_parts(self) -> Parts:
        """Return the features as JSON and arrays, and the gains as JSON."""
        record, arrays = self.features.to_record()
        return {
            # ASCII, so that lone surrogates can be encoded.
            _PLAN: json.dumps(record).encode(),
            _NUMBERS: pack_arrays(arrays),
            _GAINS: json.dumps(self.gains).encode(),
        }

    @classmethod
    def from_parts(cls, parts: Mapping[str, bytes]) -> Self:
        """Return the checked features that `to_parts` wrote."""
        names = {_PLAN, _NUMBERS, _GAINS}
        require(
            set(parts) == names,
            f"Stored features must be {sorted(names)}. Got {sorted(parts)[:9]}.",
        )
        try:
            record: Any = json.loads(parts[_PLAN])
            gains: Any = json.loads(parts[_GAINS])
        except (ValueError, RecursionError) as error:
            raise ArtifactError(
                f"Stored features cannot be read: {error!r:.200}"
            ) from error
        fitted = headstart.features.FittedFeatures
        arrays = unpack_arrays(parts[_NUMBERS], fitted.ARRAYS)
        features = fitted.from_record(record, arrays)
        require(
            isinstance(gains, list)
            and len(gains) == len(features.candidates)
            and all(g is None or type(g) in (int, float) for g in gains),
            "The gains of stored features do not fit them.",
        )
        return cls(features, tuple(gains))
