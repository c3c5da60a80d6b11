import json
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pytest

from headstart.exceptions import ArtifactError
from headstart.facts.records import MOST_BYTES, from_record, read_json, to_record


@dataclass(frozen=True)
class Inner:
    name: str
    share: float


@dataclass(frozen=True)
class Outer:
    count: int
    inner: Inner | None
    grid: tuple[float | str, ...]
    values: Mapping[str, str | float | int | bool | None]
    younger: tuple[int, ...] = ()


OUTER = Outer(3, Inner("a", 0.1), (0.5, "b"), {"x": 1, "y": True, "z": None}, (4,))


def test_what_is_written_is_read_back_equal() -> None:
    text = json.dumps(to_record(OUTER, Outer))

    back = from_record(json.loads(text), Outer)

    assert back == OUTER
    assert type(back.values["x"]) is int
    assert back.values["y"] is True


def test_numbers_of_numpy_become_plain_ones() -> None:
    record = to_record(Inner("a", np.float64(0.25)), Inner)

    assert type(record["share"]) is float


def test_a_field_with_a_default_may_be_missing() -> None:
    record = to_record(OUTER, Outer)
    del record["younger"]

    assert from_record(record, Outer).younger == ()


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"count": 1.5}, "facts.count must be int"),
        ({"count": True}, "facts.count must be int"),
        ({"count": 2**64}, "facts.count must lie within 64 bits"),
        ({"inner": []}, "facts.inner must be an object"),
        ({"inner": {"name": "a"}}, "facts.inner lacks 'share'"),
        ({"inner": {"name": "a", "share": "b"}}, "facts.inner.share must be float"),
        ({"inner": {"name": "a", "share": float("inf")}}, "a finite number"),
        ({"grid": "ab"}, "facts.grid must be a list"),
        ({"grid": [None]}, r"facts.grid\[0\] must be float or str"),
        ({"values": {"x": []}}, "facts.values.x must be"),
        ({"more": 1}, "has the key 'more'"),
    ],
)
def test_damage_is_told_with_its_place(change: dict, where: str) -> None:
    record = to_record(OUTER, Outer) | change

    with pytest.raises(ArtifactError, match=where):
        from_record(record, Outer)


def test_a_missing_field_is_told() -> None:
    with pytest.raises(ArtifactError, match="facts lacks 'count'"):
        from_record({}, Outer)


@pytest.mark.parametrize(
    "text", ["{", '{"a": NaN}', "[" * 100_000, b"\xff", " " * (MOST_BYTES + 1)]
)
def test_text_that_is_no_document_is_refused(text: str | bytes) -> None:
    with pytest.raises(ArtifactError, match="The stored facts"):
        read_json(text)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (Inner("a", float("nan")), "facts.share must be a finite number"),
        (Inner(None, 0.0), "facts.name must be str"),
        (OUTER, "facts must be a Inner"),
    ],
)
def test_what_could_not_be_read_is_not_written(value: object, message: str) -> None:
    with pytest.raises((TypeError, ValueError), match=message):
        to_record(value, Inner)
