from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from tests.small_models import fitted, small_model, small_table

from headstart import load
from headstart.ensemble import bagged
from headstart.exceptions import ColumnError
from headstart.predict import SelectedColumns
from headstart.search.assemble import with_unread
from headstart.transforms.column_selection import ColumnSelection


@pytest.mark.parametrize("step", [None, "count_encoding"])
@pytest.mark.parametrize("kind", ["multiclass", "regression"])
def test_many_rows_are_predicted_some_at_a_time_and_come_out_the_same(
    monkeypatch, kind, step
):
    model = small_model(kind, "k_neighbors", step=step)
    table = model.schema.apply(pl.concat([small_table()] * 3))
    whole = model.ensemble.predict(table)
    heights = []
    predict = bagged.BaggedEnsemble._predict

    def watched(self, rows):
        heights.append(rows.height)
        return predict(self, rows)

    monkeypatch.setattr(bagged.BaggedEnsemble, "_predict", watched)
    monkeypatch.setattr(bagged, "_FEWEST_ROWS", 50)
    monkeypatch.setattr(bagged, "_MOST_CELLS", 100)

    parts = model.ensemble.predict(table)

    assert heights == [50, 50, 50, 30]
    assert np.array_equal(parts, whole)


def test_a_table_without_rows_has_predictions_without_rows():
    model = small_model("multiclass")

    assert model.ensemble.predict(model.schema.without_rows()).shape == (0, 3)


def test_members_read_the_columns_that_their_transforms_select(monkeypatch, tmp_path):
    monkeypatch.setattr(
        ColumnSelection,
        "fit",
        lambda *_: SelectedColumns("mrmr", ("x", "city"), (1, 0)),
    )
    model = small_model(step="column_selection")
    assert model.ensemble.reads() == {"x"}

    schema = with_unread(model.schema, model.ensemble)

    assert schema.unread == ("city",)
    expected = model.predict_proba(small_table())
    path = fitted(replace(model, schema=schema)).save(tmp_path / "m.headstart")
    again = load(path)
    assert again.info()["needed_columns"] == ["x"]
    assert (again.predict_proba(small_table().drop("city")) == expected).all()
    with pytest.raises(ColumnError, match="lacks column 'x'"):
        again.predict(small_table().drop("x"))


@pytest.mark.parametrize("step", [None, "count_encoding", "generated_features"])
def test_without_a_selection_every_column_is_read(step):
    model = small_model(step=step)
    assert model.ensemble.reads() >= set(model.schema.features)
    assert with_unread(model.schema, model.ensemble).unread == ()
