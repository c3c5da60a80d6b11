"""Stored transforms: what comes back, and what of a hostile file is refused."""

import json

import polars as pl
import pytest

from headstart.base import TableColumn, Transform
from headstart.exceptions import ArtifactError, TransformError
from headstart.execution.steps import FittedStep, apply_step, load_step, store_step


class Double(Transform):
    name = "double"

    def transform(self, fitted, X, task):
        return X.select(pl.all() * fitted["by"])

    def dump(self, fitted):
        return {"by.txt": str(fitted["by"]).encode()}

    def load(self, parts):
        return {"by": int(parts["by.txt"])}


DOUBLE = Double()
STEP = FittedStep(
    "double",
    ("a",),
    (),
    ("a",),
    (TableColumn("a (double)", "numeric", "double", "made"),),
    {},
    {"by": 2},
)
TABLE = pl.DataFrame({"a": [1.0, None, 3.0]})


def test_a_stored_step_comes_back():
    parts = store_step(DOUBLE, STEP)

    step = load_step(parts, {"double": DOUBLE})

    made = apply_step(DOUBLE, step, TABLE, None, strict=True)
    assert step.join(TABLE, made).to_dict(as_series=False) == {
        "a": [1.0, None, 3.0],
        "a (double)": [2.0, None, 6.0],
    }


def test_a_step_that_had_no_columns_stores_no_state():
    parts = store_step(DOUBLE, FittedStep("double", ()))

    assert list(parts) == ["step.json"]
    assert load_step(parts, {"double": DOUBLE}).made == ()


@pytest.mark.parametrize(
    "change",
    [
        {"format": 2},
        {"transform": "other"},
        {"transform": ["double"]},
        {"scope": "a"},
        {"scope": ["a", "a"]},
        {"scope": [1]},
        {"dropped": ["b"]},
        {"returned": ["a", "b"]},
        {"made": [str(i) for i in range(20_000)]},
        {"levels": {"b": ["x"]}},
        {"levels": {"a (double)": ["x", "x"]}},
        {"levels": None},
        {"scope": []},
    ],
)
def test_damaged_records_are_refused(change):
    parts = store_step(DOUBLE, STEP)
    record = {**json.loads(parts["step.json"]), **change}

    with pytest.raises(ArtifactError):
        load_step(
            {**parts, "step.json": json.dumps(record).encode()}, {"double": DOUBLE}
        )


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b"[" * 100_000, b"\xff"])
def test_what_is_no_record_is_refused(content):
    parts = {**store_step(DOUBLE, STEP), "step.json": content}

    with pytest.raises(ArtifactError, match="transform"):
        load_step(parts, {"double": DOUBLE})


def test_a_table_that_lacks_a_column_is_told_under_the_name():
    with pytest.raises(
        TransformError, match=r"Transform 'double'.*lacks the column 'a'"
    ):
        apply_step(DOUBLE, STEP, pl.DataFrame({"b": [1.0]}), None, strict=True)
