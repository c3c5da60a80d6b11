import numpy as np
import pytest

from headstart.base.arrays import pack_arrays, unpack_arrays
from headstart.exceptions import ArtifactError
from headstart.validation import Folds, plain_folds, stratified_folds, time_folds


def ids(*rows):
    return np.array(rows, dtype=np.uint8)


def test_rows_that_are_never_held_out_are_trained_on():
    folds = Folds(ids([255, 0, 1, 0]))
    assert folds.train(0, 0).tolist() == [0, 2]
    assert folds.validation(0, 0).tolist() == [1, 3]
    assert folds.train(0, 1).tolist() == [0, 1, 3]


def test_split_yields_int64_rows_of_all_repeats():
    pairs = list(Folds(ids([0, 1], [1, 0])).split())
    assert [validation.tolist() for _, validation in pairs] == [[0], [1], [1], [0]]
    assert all(rows.dtype == np.int64 for pair in pairs for rows in pair)


@pytest.mark.parametrize("cell", [(0, 2), (1, 0), (-1, 0), (0, -1)])
def test_a_fold_that_does_not_exist_is_an_index_error(cell):
    folds = Folds(ids([0, 1]))
    with pytest.raises(IndexError, match="1 repeats of 2 folds"):
        folds.train(*cell)


@pytest.mark.parametrize(
    ("fold_ids", "message"),
    [
        (ids([0, 2]), "Fold 1 of repeat 0 holds out no row"),
        (ids([0, 1], [0, 0]), "Fold 1 of repeat 1"),
        (ids([255, 255]), "hold out at least one row"),
        (np.zeros((1, 0), dtype=np.uint8), "shape"),
        (np.zeros(4, dtype=np.uint8), "shape"),
        (np.zeros((1, 4), dtype=np.int64), "uint8"),
    ],
)
def test_ids_that_make_no_folds_are_refused(fold_ids, message):
    with pytest.raises(ValueError, match=message):
        Folds(fold_ids)


def test_the_digest_tells_assignments_apart():
    first, again = plain_folds(30, 5, seed=1), plain_folds(30, 5, seed=1)
    assert first.digest == again.digest
    assert first.digest != plain_folds(30, 5, seed=2).digest
    assert first.digest != Folds(first.fold_ids, "splitter").digest


def test_the_digest_sees_training_rows():
    times = np.arange(12)
    assert time_folds(times, 2, gap=0).digest != time_folds(times, 2, gap=1).digest


def test_ids_can_not_be_changed_afterwards():
    folds = plain_folds(10, 2)
    with pytest.raises(ValueError, match="read-only"):
        folds.fold_ids[0, 0] = 1


@pytest.mark.parametrize(
    ("folds", "words"),
    [
        (stratified_folds(np.arange(20) % 2, 8), "8 folds, stratified"),
        (plain_folds(20, 4, 2), "4 folds, 2 repeats, plain"),
        (time_folds(np.arange(20), 3, 2), "3 folds, in order of time, gap 2"),
        (
            Folds(ids([255, 255, 255, 0]), "holdout", "plain"),
            "holdout of 1 row (25%), plain",
        ),
    ],
)
def test_folds_describe_themselves(folds, words):
    assert folds.describe() == words


@pytest.mark.parametrize("folds", [plain_folds(9, 3, 2), time_folds(np.arange(9), 2)])
def test_folds_survive_a_file(folds):
    data = pack_arrays(folds.to_arrays())
    again = Folds.from_arrays(unpack_arrays(data, Folds.ARRAYS))
    assert again.digest == folds.digest
    assert again.describe() == folds.describe()
    for mine, other in zip(again.split(), folds.split(), strict=True):
        assert mine[0].tolist() == other[0].tolist()


@pytest.mark.parametrize(
    "change",
    [
        {"words": np.frombuffer(b"{}", dtype=np.uint8)},
        {"words": np.frombuffer(b"\xff", dtype=np.uint8)},
        {"words": np.frombuffer(b'{"scheme": "x", "how": ""}', dtype=np.uint8)},
        {"words": np.frombuffer(b"[1]", dtype=np.uint8)},
        {"fold_ids": ids([0, 2])},
        {"training": np.ones((1, 1, 1), dtype=np.uint8)},
    ],
)
def test_damaged_folds_are_refused(change):
    arrays = plain_folds(9, 3).to_arrays()
    with pytest.raises(ArtifactError, match="Stored folds cannot be read"):
        Folds.from_arrays(arrays | change)
