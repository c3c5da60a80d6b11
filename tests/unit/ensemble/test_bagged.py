import numpy as np
import polars as pl
import pytest
from tests.small_models import small_model, small_table

from headstart.ensemble import bagged


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
