"""Scales that turn numbers of features back into booleans and dates."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from headstart.analysis.numbers import distinct_texts
from headstart.tables import ColumnKind, Schema

__all__ = ["Scale", "scales_of"]

_EPOCH = datetime(1970, 1, 1)  # wall-clock time in the column's zone


@dataclass(frozen=True, slots=True)
class Scale:
    """The scale of a numeric feature.

    Parameters
    ----------
    name : str
        Displayed name: the days of a date have the name of the date.
    is_boolean : bool, default=False
        Whether 0 is false and 1 is true.
    first_moment : int or None, default=None
        For days of a date: the time of day 0, in microseconds since 1970.
    """

    name: str
    is_boolean: bool = False
    first_moment: int | None = None

    @property
    def first_day(self) -> str:
        """Time of day 0 in ISO format; "" where it is no date."""
        moments = self._moments([0.0])
        return moments[0].isoformat() if moments else ""

    def words(self, values: Sequence[float]) -> list[str]:
        """Return distinct values as distinct texts.

        Examples
        --------
        >>> Scale("active", is_boolean=True).words([0.0, 1.0])
        ['false', 'true']
        >>> Scale("signup", first_moment=1_599_955_200_000_000).words([0.0, 30.0])
        ['2020-09-13', '2020-10-13']
        """
        if self.is_boolean:
            return ["true" if value else "false" for value in values]
        moments = self._moments(values)
        if not moments:
            return distinct_texts(values)
        if all(moment.time() == time() for moment in moments):
            return [moment.date().isoformat() for moment in moments]
        return [moment.isoformat(" ", "seconds") for moment in moments]

    def _moments(self, days: Sequence[float]) -> list[datetime]:
        """Return wall-clock times; empty without a date that Python can represent."""
        if self.first_moment is None:
            return []
        try:
            first = _EPOCH + timedelta(microseconds=self.first_moment)
            return [first + timedelta(days=day) for day in days]
        except OverflowError:  # years beyond 9999
            return []


def scales_of(schema: Schema) -> Mapping[str, Scale]:
    """Return the scales of the features that are booleans or days, by feature."""
    scales = {}
    for column in schema.used:
        if column.kind is ColumnKind.BOOLEAN:
            scales[column.name] = Scale(column.name, is_boolean=True)
        elif column.kind is ColumnKind.LIST:
            for item in column.features[1:]:  # the first is the length
                scales[item] = Scale(item, is_boolean=True)
        elif column.kind is ColumnKind.DATETIME and "days" in column.parts:
            days = f"{column.name}.days"
            scales[days] = Scale(column.name, first_moment=column.start)
    return scales
