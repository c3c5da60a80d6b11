"""The record of fitted features. The reader checks everything: a file is untrusted.

Numbers are arrays in a record that was written, and arrays or lists (those of JSON) in
one that is read.
"""

import json
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl

from headstart.base import FloatArray
from headstart.exceptions import ArtifactError
from headstart.features.columns.coding import Coding, Key
from headstart.features.columns.levels import Bins, Levels
from headstart.features.operators.candidate import Candidate
from headstart.features.operators.categories import STATISTICS, key_of, value_key
from headstart.features.operators.state import State
from headstart.tables.kinds.dates import is_known_zone
from headstart.tables.kinds.levels import LEVEL_LIMIT

__all__ = ["parse_record", "read_record", "write_record"]

_FORMAT = 1
_SIZE_LIMIT = 1 << 28  # characters
_CANDIDATE_LIMIT = 100_000
_KNOT_LIMIT = 1_024
_LABEL_LIMIT = 1_000

Plan = tuple[tuple[Candidate, ...], tuple[State, ...], Coding, tuple[str, ...]]


def write_record(
    candidates: Sequence[Candidate],
    states: Sequence[State],
    coding: Coding,
    labels: tuple[str, ...],
) -> dict[str, Any]:
    """Return fitted features as a record whose numbers are arrays."""
    return {
        "format": _FORMAT,
        "labels": list(labels),
        "levels": {n: levels.values.to_list() for n, levels in coding.levels.items()},
        "bins": [
            {"column": name, "n_bins": n_bins, "cuts": bins.cuts}
            for (name, n_bins), bins in coding.bins.items()
        ],
        "crosses": [
            {"columns": list(columns), "n_bins": n_bins, "ids": ids}
            for (columns, n_bins), ids in coding.crosses.items()
        ],
        "features": [
            {
                "candidate": candidate.to_record(),
                "numbers": state.numbers,
                "starts": np.array(state.starts, dtype=np.int64),
                "word": state.word,
            }
            for candidate, state in zip(candidates, states, strict=True)
        ],
    }


def parse_record(text: str) -> Any:
    """Return the record of a JSON text, unchecked.

    Raises
    ------
    ArtifactError
        If the text is not JSON, or too long.
    """
    if len(text) > _SIZE_LIMIT:
        raise ArtifactError(
            f"A stored plan must be text of at most {_SIZE_LIMIT} characters."
        )
    try:
        return json.loads(text, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise ArtifactError(f"The stored plan is not JSON: {error}") from error


def read_record(record: Any) -> Plan:
    """Return the candidates, states, coding and labels of a record.

    Raises
    ------
    ArtifactError
        If the record is not one that `write_record` returned.
    """
    fields = {"format", "labels", "levels", "bins", "crosses", "features"}
    if not isinstance(record, dict) or "format" not in record:
        raise ArtifactError("The stored plan is not a record with a format.")
    if record["format"] != _FORMAT:
        raise ArtifactError(
            f"The stored plan has format {str(record['format'])[:40]!r}. Expected "
            f"{_FORMAT}. hint: read it with the version that wrote it."
        )
    _require(set(record) == fields, "its fields")
    labels = record["labels"]
    _require(
        _is_texts(labels) and len(labels) <= _LABEL_LIMIT and len(labels) not in (1, 2),
        "its classes",
    )
    coding = _read_coding(record)
    features = record["features"]
    _require(
        isinstance(features, list) and len(features) <= _CANDIDATE_LIMIT, "its features"
    )
    candidates, states = [], []
    for feature in features:
        _require(
            isinstance(feature, dict)
            and set(feature) == {"candidate", "numbers", "starts", "word"},
            "a feature",
        )
        candidate = Candidate.from_record(feature["candidate"])
        candidates.append(candidate)
        states.append(_read_state(feature, candidate, coding, len(labels)))
    _require(len(set(candidates)) == len(candidates), "a feature that occurs twice")
    return tuple(candidates), tuple(states), coding, tuple(labels)


def _read_coding(record: dict[str, Any]) -> Coding:
    coding = Coding()
    _require(isinstance(record["levels"], dict), "its levels")
    for name, values in record["levels"].items():
        _require(
            _is_texts(values) and len(set(values)) == len(values) <= LEVEL_LIMIT,
            f"the levels of {name[:80]!r}",
        )
        coding.levels[name] = Levels(pl.Series(name, values, dtype=pl.String))
    for bins in _records(record["bins"], {"column", "n_bins", "cuts"}):
        name, n_bins, cuts = bins["column"], bins["n_bins"], _floats(bins["cuts"])
        _require(
            isinstance(name, str)
            and type(n_bins) is int
            and 2 <= n_bins <= 255
            and len(cuts) < n_bins
            and bool(np.isfinite(cuts).all())
            and bool((cuts[1:] > cuts[:-1]).all()),
            "its bins",
        )
        coding.bins[name, n_bins] = Bins(cuts)
    for cross in _records(record["crosses"], {"columns", "n_bins", "ids"}):
        _read_cross(cross, coding)
    return coding


def _read_cross(cross: dict[str, Any], coding: Coding) -> None:
    columns, n_bins, ids = cross["columns"], cross["n_bins"], _listed(cross["ids"])
    _require(
        _is_texts(columns)
        and 2 <= len(columns) <= 3
        and type(n_bins) is int
        and all(_is_coded(name, n_bins, coding) for name in columns),
        "the columns of a cross",
    )
    key = tuple(columns), n_bins
    n_crossed = math.prod(coding.coder(name, n_bins).n_groups + 1 for name in columns)
    _require(
        isinstance(ids, list)
        and len(ids) <= LEVEL_LIMIT
        and all(type(i) is int and 0 <= i < n_crossed for i in ids)
        and len(set(ids)) == len(ids)
        and all(
            code < coding.coder(name, n_bins).n_groups
            for number in ids
            for name, code in zip(columns, coding.split_id(number, key), strict=True)
        ),
        "the levels of a cross",
    )
    coding.crosses[key] = np.array(ids, dtype=np.uint64)


def _read_state(
    feature: dict[str, Any], candidate: Candidate, coding: Coding, n_labels: int
) -> State:
    numbers, starts = feature["numbers"], _listed(feature["starts"])
    word = feature["word"]
    is_valid = (
        isinstance(word, str)
        and isinstance(starts, list)
        and all(type(s) is int and abs(s) < 2**63 for s in starts)
    )
    _require(is_valid, f"the state of {candidate.name[:80]!r}")
    state = State(_floats(numbers), tuple(starts), word)
    _require(
        _fits(candidate, state, coding, n_labels),
        f"the state of {candidate.name[:80]!r}",
    )
    return state


def _fits(candidate: Candidate, state: State, coding: Coding, n_labels: int) -> bool:
    """Return whether the sizes of a state are consistent."""
    numbers, starts = state.numbers, state.starts
    for key in _keys(candidate):
        columns, n_bins = key
        if not all(_is_coded(name, n_bins, coding) for name in columns):
            return False
        if len(columns) > 1 and key not in coding.crosses:
            return False
    ascends = bool(np.isfinite(numbers).all() and (numbers[1:] >= numbers[:-1]).all())
    match candidate.operator:
        case "winsorised":
            return not starts and len(numbers) in (0, 2) and ascends
        case "rank":
            return not starts and len(numbers) <= _KNOT_LIMIT and ascends
        case "quantile_bin":
            return not starts and len(numbers) < 255 and ascends
        case "is_mode":
            return not starts and len(numbers) <= 1
        case "group_rank":
            width = coding.n_groups(key_of(candidate)) + 1
            return (
                len(starts) == width + 1
                and starts[0] == 0
                and starts[-1] == len(numbers)
                and bool((np.diff(starts) >= 0).all())
                and bool(np.isfinite(numbers).all())
            )
        case "cross":
            return not starts and not len(numbers)
        case "frequency" | "count_rank" | "group_distinct":
            return len(numbers) == coding.n_groups(key_of(candidate)) + 1
        case operator if operator in STATISTICS:
            return len(numbers) == coding.n_groups(key_of(candidate)) + 1
        case _ if candidate.kind.reads_target:
            width = coding.n_groups(key_of(candidate)) + 1
            return len(numbers) == width * max(1, n_labels)
        case "days_between":
            return not starts and not len(numbers) and state.word in ("", "UTC")
        case _ if candidate.kind.kind == "datetime":
            zone = state.word
            return len(starts) == 1 and (not zone or is_known_zone(zone))
        case _:
            return not starts and not len(numbers)


def _keys(candidate: Candidate) -> list[Key]:
    if not candidate.key_columns:
        return []
    keys = [key_of(candidate)]
    return (
        [*keys, value_key(candidate)]
        if candidate.operator == "group_distinct"
        else keys
    )


def _is_coded(name: str, n_bins: int, coding: Coding) -> bool:
    return name in coding.levels or (name, n_bins) in coding.bins


def _records(value: Any, fields: set[str]) -> list[dict[str, Any]]:
    _require(
        isinstance(value, list)
        and all(isinstance(r, dict) and set(r) == fields for r in value),
        "its categories",
    )
    records: list[dict[str, Any]] = value
    return records


def _listed(value: Any) -> Any:
    return value.tolist() if isinstance(value, np.ndarray) else value


def _floats(value: Any) -> FloatArray:
    if isinstance(value, np.ndarray):
        _require(not np.isinf(value).any(), "its numbers")
        return value
    _require(
        isinstance(value, list)
        and all(
            v is None or (type(v) in (int, float) and abs(v) <= 1.7976931348623157e308)
            for v in value
        ),
        "its numbers",
    )
    return np.array([np.nan if v is None else float(v) for v in value])


def _is_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(v, str) for v in value)


def _no_number(word: str) -> float:
    raise ValueError(f"{word} is not a number")


def _require(condition: object, problem: str) -> None:
    if not condition:
        raise ArtifactError(f"The stored plan is damaged: {problem}.")
