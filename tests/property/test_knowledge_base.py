"""What always holds of knowledge bases, whatever is put into them."""

import math
import tempfile
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from headstart.base import Configuration, TaskKind
from headstart.meta.records import (
    CellStatus,
    DatasetRecord,
    EvaluationRecord,
    ForeignEvaluation,
    ForeignSetup,
    MetaFeatures,
)
from headstart.meta.store import KnowledgeBase, verify
from headstart.meta.store.lines import Line

FEW = settings(max_examples=10, deadline=None)
MANY = settings(max_examples=150, deadline=None)

# Few of each, so that records often speak of the same.
UID = st.sampled_from(["0" * 64, "1" * 64])
NAME = st.sampled_from(["a", "Über 北京", "x(1)_y"])
TEXT = st.text(st.characters(categories=["L", "N", "P", "S"]), max_size=20)
NUMBER = st.floats(allow_infinity=False)
SECONDS = st.floats(min_value=0, allow_infinity=False) | st.just(float("nan"))
COUNT = st.integers(0, 2**53 - 1)
WHOLE = st.integers(-(2**63), 2**63 - 1)
PARAMETER = (
    st.none()
    | st.booleans()
    | WHOLE
    | TEXT
    | st.floats(allow_nan=False, allow_infinity=False)
)
CONFIGURATION = st.builds(
    Configuration, NAME, st.dictionaries(NAME, PARAMETER, max_size=2), st.integers(0, 2)
)
DATASET = st.builds(
    DatasetRecord,
    UID,
    NAME,
    NAME,
    NAME,
    st.sampled_from(TaskKind),
    COUNT,
    COUNT,
    COUNT,
    TEXT,
)
FEATURES = st.builds(
    MetaFeatures,
    UID,
    NAME,
    st.integers(0, 2),
    st.dictionaries(NAME, NUMBER, max_size=3),
)


@st.composite
def evaluations(draw):
    metrics = draw(st.sampled_from([("log_loss",), ("log_loss", "roc_auc")]))
    scores = hnp.arrays(
        np.float32,
        (draw(st.integers(0, 3)), len(metrics)),
        elements=st.floats(width=32, allow_infinity=False),
    )
    return EvaluationRecord(
        draw(UID),
        draw(CONFIGURATION),
        metrics,
        draw(scores),
        draw(SECONDS),
        draw(SECONDS),
        draw(st.sampled_from(CellStatus)),
        reason=draw(TEXT),
        scheme=draw(TEXT),
        n_rows=draw(COUNT),
        seed=draw(WHOLE),
        origin=draw(NAME),
    )


FOREIGN = st.builds(
    ForeignEvaluation, WHOLE, WHOLE, UID, WHOLE, NAME, WHOLE, NAME, NUMBER, TEXT, NAME
)
ANY_TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
SETUP = st.builds(
    ForeignSetup,
    WHOLE,
    WHOLE,
    NAME,
    NAME,
    st.dictionaries(NAME, ANY_TEXT, max_size=2),
    st.none() | CONFIGURATION,
)
RECORD = DATASET | FEATURES | evaluations() | FOREIGN | SETUP
RECORDS = st.lists(RECORD, max_size=6)
BROUGHT = st.tuples(RECORDS, NAME)


class Bases(ExitStack):
    """Makes bases in a folder that goes away with them."""

    def __enter__(self):
        super().__enter__()
        self.folder = Path(self.enter_context(tempfile.TemporaryDirectory()))
        self.n_made = 0
        return self

    def make(self, *parts):
        """Make a base and add records, each part with who brings it."""
        self.n_made += 1
        base = KnowledgeBase.open(self.folder / f"{self.n_made}.db")
        self.enter_context(base)
        for records, origin in parts:
            base.add(records, origin=origin)
        return base


@MANY
@given(RECORD)
def test_a_line_is_read_back_as_the_same_line(record):
    line = Line.of(record)

    again = Line.read(line.text)

    assert again.text == line.text
    assert (again.content, again.key_hash) == (line.content, line.key_hash)
    assert Line.of(again.record).text == line.text


@FEW
@given(st.lists(BROUGHT, max_size=2))
def test_a_base_survives_its_export(parts):
    with Bases() as bases:
        old, new = bases.make(*parts), bases.make()
        digest = old.export(bases.folder / "base.jsonl")

        new.import_lines(bases.folder / "base.jsonl", sha256=digest)

        assert new.digest() == digest
        assert [p for p in verify(new) if "which is missing" not in p] == []


@FEW
@given(BROUGHT, BROUGHT)
def test_merging_does_not_depend_on_the_order(first, second):
    with Bases() as bases:
        one, other = bases.make(first), bases.make(second)
        forward, backward = bases.make(), bases.make()
        for base in (one, other):
            forward.merge(base)
        for base in (other, one):
            backward.merge(base)

        assert forward.digest() == backward.digest()
        assert len(forward.conflicts()) == len(backward.conflicts())


@FEW
@given(BROUGHT, BROUGHT)
def test_merging_again_adds_nothing(first, second):
    with Bases() as bases:
        one, other = bases.make(first), bases.make(second)
        one.merge(other)
        digest = one.digest()

        again = one.merge(other)

        assert (again.n_new, again.conflicts) == (0, ())
        assert one.merge(one).n_new == 0
        assert one.digest() == digest


@FEW
@given(RECORDS, st.integers(0, 6))
def test_records_can_be_added_in_any_number_of_calls(records, at):
    with Bases() as bases:
        whole = bases.make((records, "o"))
        parts = bases.make((records[at:], "o"), (records[:at], "o"))

        assert whole.digest() == parts.digest()


def expected_loss(records):
    """Return the loss of a cell out of its evaluations, worked out one by one."""
    usable = []
    for record in records:
        scores = [s for s in record.scores[:, 0].tolist() if not math.isnan(s)]
        if record.status is not CellStatus.OK:
            usable.append((0, record.n_rows, math.inf))
        elif scores:
            usable.append((1, record.n_rows, sum(scores) / len(scores)))
    best = max((worth[:2] for worth in usable), default=None)
    losses = [loss for *worth, loss in usable if tuple(worth) == best]
    return sum(losses) / len(losses) if losses else math.nan


CELL = st.builds(
    EvaluationRecord,
    UID,
    st.builds(Configuration, st.just("a"), st.builds(dict, x=st.integers(0, 2))),
    st.just(("log_loss",)),
    hnp.arrays(
        np.float32,
        (2, 1),
        elements=st.floats(0, 100, width=32) | st.just(float("nan")),
    ),
    st.just(1.0),
    st.just(1.0),
    st.sampled_from([CellStatus.OK, CellStatus.OK, CellStatus.CRASH]),
    n_rows=st.integers(1, 2),
    seed=st.integers(0, 1),
)


@FEW
@given(st.lists(CELL, max_size=12))
def test_evidence_is_what_it_is_cell_by_cell(records):
    unique = {Line.of(record).content: record for record in records}.values()
    cells = {}
    for record in unique:
        key = (record.dataset_uid, record.configuration)
        cells.setdefault(key, []).append(record)
    expected = {key: expected_loss(of_cell) for key, of_cell in cells.items()}
    datasets = [
        DatasetRecord(uid, uid[0], "f", "s", TaskKind.BINARY, 10, 2, 2)
        for uid in ("0" * 64, "1" * 64)
    ]
    with Bases() as bases:
        base = bases.make((datasets, "o"), (records, "o"))
        gathered = base.gathered(frozenset({TaskKind.BINARY}), "log_loss")

    for i, uid in enumerate(gathered.uids):
        for j, configuration in enumerate(gathered.evidence.configurations):
            loss = expected.pop((uid, configuration), math.nan)
            assert gathered.evidence.losses[i, j] == pytest.approx(loss, nan_ok=True)
    # Datasets without a finite loss are excluded: they cannot rank configurations.
    excluded = {uid for uid, _ in expected} - set(gathered.uids)
    assert not any(
        math.isfinite(loss) for (uid, _), loss in expected.items() if uid in excluded
    )
    assert all(math.isnan(v) for (uid, _), v in expected.items() if uid not in excluded)
