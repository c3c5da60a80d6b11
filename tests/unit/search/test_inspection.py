import numpy as np
import polars as pl
import pytest

import headstart
from headstart.base.events import TableInspected
from headstart.exceptions import HeadstartWarning


@pytest.fixture(scope="module")
def fitted():
    random = np.random.default_rng(0)
    fare = random.gamma(2.0, 5.0, 80).round(2)
    tip = [*random.gamma(2.0, 1.0, 78).round(2), None, None]
    total = [a + (b or 0.0) for a, b in zip(fare, tip, strict=True)]
    table = pl.DataFrame({"fare": fare, "total": total, "of": "NYC", "tip": tip})
    heard = []
    with pytest.warns(HeadstartWarning, match="2 of 80 rows"):
        model = headstart.train(
            table,
            target="tip",
            time_limit=None,
            max_trials=1,
            learners=["ridge"],
            random_state=0,
            listeners=[heard.append],
        )
    return model, [event for event in heard if isinstance(event, TableInspected)]


def test_findings_are_told_before_the_search_and_kept(fitted):
    model, events = fitted
    codes = [finding["code"] for finding in events[0].findings]
    assert codes[0] == "leak"
    assert "missing_target" in codes
    assert model.info()["findings"] == list(events[0].findings)


def test_columns_are_kept_with_reasons_and_steps(fitted):
    columns = {c["name"]: c for c in fitted[0].info()["columns"]}
    assert columns["of"]["used"] is False
    assert columns["of"]["steps"] == ["left out"]
    assert columns["fare"]["reason"] == "type Float64"
    assert columns["fare"]["n_distinct"] > 50


def test_rows_left_out_are_kept_with_their_reason(fitted):
    assert fitted[0].info()["rows_left_out"] == [{"reason": "no target", "count": 2}]


def test_the_choice_of_folds_is_told_with_its_reason(fitted):
    info = fitted[0].info()
    assert info["validation"] == "8 folds, 2 repeats, stratified"
    assert info["validation_reason"].startswith("only 78 rows")
