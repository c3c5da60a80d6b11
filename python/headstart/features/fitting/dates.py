"""The fit of features of dates and times to training rows."""

from headstart.features.columns.reader import Reader
from headstart.features.columns.reading import zone_of
from headstart.features.operators.candidate import Candidate
from headstart.features.operators.state import State
from headstart.tables.kinds.dates import origin

__all__ = ["learn_moments"]


def learn_moments(candidate: Candidate, reader: Reader) -> State:
    """Return the fitted time zone and first time."""
    zone = zone_of(reader.frame, candidate.columns[0])
    if candidate.operator == "days_between":
        # Local times of two zones cannot be compared.
        return State(word="UTC" if zone else "")
    start = origin(reader.clock(candidate.columns[0], zone))
    return State(starts=(start,), word=zone)
