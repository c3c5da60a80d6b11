import pytest

from headstart.base import TaskKind
from headstart.meta.store import diff


def filled(kit, losses, **sizes):
    """Records of datasets: name -> losses by alpha."""
    records = []
    for name, row in losses.items():
        records.append(kit.dataset(name, n_rows=sizes.get(name, 150)))
        records += [
            kit.evaluation(name, kit.ridge(alpha), scores=[[0.5, 1 - loss]])
            for alpha, loss in row.items()
        ]
    return records


def test_equal_bases_do_not_differ(new_base, kit):
    difference = diff(new_base(kit.one_of_each()), new_base(kit.one_of_each()))

    assert not difference
    assert difference.orders == ()


def test_what_came_went_and_changed_is_told(new_base, kit):
    before = new_base([kit.dataset("a"), kit.dataset("b"), kit.evaluation("b")])
    after = new_base(
        [kit.dataset("b"), kit.dataset("c"), kit.evaluation("b", fit_seconds=7.0)]
    )

    difference = diff(before, after)

    assert difference
    assert difference.datasets.added == (f"dataset: uid {kit.uid('c')[:12]}...",)
    assert difference.datasets.removed == (f"dataset: uid {kit.uid('a')[:12]}...",)
    assert difference.datasets.changed == ()
    (changed,) = difference.evaluations.changed
    assert "ridge(alpha=1.0)" in changed
    assert not difference.meta_features


def test_the_tables_whose_order_moved_are_named(new_base, kit):
    before = {"small": {1.0: 0.1, 2.0: 0.2, 3.0: 0.3}, "large": {1.0: 0.1, 2.0: 0.2}}
    after = before | {
        "another": {3.0: 0.1, 2.0: 0.2, 1.0: 0.9},
        "third": {3.0: 0.1, 2.0: 0.2, 1.0: 0.9},
    }

    difference = diff(
        new_base(filled(kit, before, large=20_000)),
        new_base(filled(kit, after, large=20_000)),
    )

    (move,) = difference.orders
    assert move.tables == f"{TaskKind.BINARY}, under 1,000 rows"
    assert (move.metric, move.n_before, move.n_after) == ("roc_auc", 1, 3)
    assert move.top_before[0] == kit.ridge(1.0)
    assert move.top_after[0] == kit.ridge(3.0)
    assert move.rank_correlation == pytest.approx(-1.0)


def test_more_of_the_same_moves_no_order(new_base, kit):
    before = {"a": {1.0: 0.1, 2.0: 0.2, 3.0: 0.3}}
    after = before | {"b": {1.0: 0.5, 2.0: 0.6, 3.0: 0.7}}

    difference = diff(new_base(filled(kit, before)), new_base(filled(kit, after)))

    assert len(difference.datasets.added) == 1
    assert difference.orders == ()


def test_a_new_configuration_at_the_top_is_a_move(new_base, kit):
    before = {"a": {1.0: 0.1, 2.0: 0.2}}
    after = {"a": {1.0: 0.1, 2.0: 0.2, 5.0: 0.01}}

    difference = diff(new_base(filled(kit, before)), new_base(filled(kit, after)))

    (move,) = difference.orders
    assert move.top_after[0] == kit.ridge(5.0)
    assert move.rank_correlation == pytest.approx(1.0)
