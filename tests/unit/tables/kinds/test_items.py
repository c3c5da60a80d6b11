import polars as pl
import pytest

from headstart.exceptions import ColumnError
from headstart.tables import Schema
from headstart.tables.kinds.items import find_items, read_items
from headstart.tables.kinds.words import count_words

GENRES = ["Drama|War", "Comedy", "Drama", "War|Comedy|Drama", "Comedy|War"] * 4


@pytest.mark.parametrize(
    ("cells", "form"),
    [
        (GENRES, "items|"),
        ([g.replace("|", ", ") for g in GENRES], "items,"),
        ([g.replace("|", "; ") for g in GENRES], "items;"),
        ([str(g.split("|")) for g in GENRES], "items["),
        (["red", "green", "blue"] * 5, None),
        ([f"Smith {i}, John {i}" for i in range(30)], None),
        (["Yes, often", "No, never", "Perhaps"] * 9, None),
        ([f"It rained, then {i} dogs barked, loudly" for i in range(40)], None),
    ],
)
def test_lists_in_text_are_found(cells, form):
    items = find_items(count_words(pl.Series("v", cells)))
    assert (None if items is None else items.form) == form


def test_quoted_items_may_hold_the_separator():
    cells = pl.Series("v", ["['a, b', 'c']", '["c"]', "[]", "[1, 2]", None])
    assert read_items(cells, "items[").to_list() == [
        ["a, b", "c"], ["c"], [], ["1", "2"], None,
    ]  # fmt: skip


@pytest.mark.parametrize("listed", [False, True])
def test_lists_become_length_and_items_the_same_at_predict(listed):
    values = [g.split("|") for g in GENRES] if listed else GENRES
    schema = Schema.from_json(Schema.learn(pl.DataFrame({"g": values})).to_json())
    new = [["War", "Opera"], [], None] if listed else ["War|Opera", "|", None]
    table, unseen = schema.apply_and_count(pl.DataFrame({"g": new}, strict=False))
    assert table.columns == ["g.length", "g: Comedy", "g: Drama", "g: War"]
    assert table.rows() == [(2, 0, 0, 1), (0, 0, 0, 0), (None,) * 4]
    assert unseen.counts == {"g": 1}


def test_the_kind_can_be_declared():
    frame = pl.DataFrame({"g": GENRES, "h": ["u,v", "u"] * 10})
    schema = Schema.learn(frame, {"g": "categorical", "h": "list"})
    assert schema.features == ("g", "h.length", "h: u", "h: v")


def test_lists_of_mappings_are_refused_with_the_way_out():
    frame = pl.DataFrame({"g": [[{"a": 1}], [{"a": 2}]]})
    with pytest.raises(ColumnError, match="leave it out with columns="):
        Schema.learn(frame)
