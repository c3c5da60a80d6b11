"""Diagnosis of a base: coverage, failures, outliers and integrity.

`doctor` inspects the records, `verify` checks that they are unchanged.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from headstart.base import TaskKind
from headstart.exceptions import KnowledgeBaseError
from headstart.meta.records import CellStatus, EvaluationRecord
from headstart.meta.store import rules
from headstart.meta.store.changes import Conflict
from headstart.meta.store.evidence import Gathered
from headstart.meta.store.knowledge_base import KnowledgeBase
from headstart.meta.store.lines import KINDS, canonical
from headstart.meta.store.rows import (
    TABLES,
    Fetch,
    explaining_damage,
    raw_blocks,
    read_names,
    read_rows,
    read_texts,
    stored_row,
)
from headstart.metrics.built_in import BUILT_IN, default_metric

__all__ = ["Coverage", "Diagnosis", "Outlier", "doctor", "verify"]

# If the best result is farther from the second than the second from the median, the
# cause is usually a leak, a wrong fold or a wrong unit.
_FEWEST = 8
_SLOW = 50.0
_RANGES = {
    **dict.fromkeys(
        (
            "roc_auc",
            "roc_auc_ovr",
            "roc_auc_ovo",
            "average_precision",
            "accuracy",
            "balanced_accuracy",
            "f1",
            "f1_macro",
            "f1_weighted",
        ),
        (0.0, 1.0),
    ),
    **dict.fromkeys(("mcc", "kappa"), (-1.0, 1.0)),
    "r2": (-np.inf, 1.0),
    **dict.fromkeys(
        ("log_loss", "rmse", "mae", "rmsle", "mape", "medae", "pinball"), (0.0, np.inf)
    ),
    "brier": (0.0, 2.0),
}


@dataclass(frozen=True, slots=True)
class Coverage:
    """Share of datasets by configurations that was evaluated, for one kind of task.

    Parameters
    ----------
    kind : TaskKind
    n_datasets, n_configurations : int
        Numbers of datasets with a success, and of configurations that were evaluated
        on one of them.
    share : float
        Share of pairs of them that were evaluated. In a large base, the part within
        the bounds of `DIAGNOSIS` is inspected.
    """

    kind: TaskKind
    n_datasets: int
    n_configurations: int
    share: float


@dataclass(frozen=True, slots=True)
class Outlier:
    """An implausible result.

    Parameters
    ----------
    dataset : str
    configuration : str
    reason : str
    """

    dataset: str
    configuration: str
    reason: str

    def __str__(self) -> str:
        return f"{self.configuration} on {self.dataset}: {self.reason}"


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """The coverage of a base, and problems in it.

    Parameters
    ----------
    n_datasets, n_evaluations : int
    coverage : tuple of Coverage
    failures : mapping of str to mapping of str to int
        Number of cells per learner and status.
    without_evaluations, without_meta_features : tuple of str
        Names of datasets.
    never_succeeded : tuple of str
        Names of datasets on which every evaluation failed.
    outliers : tuple of Outlier
    conflicts : tuple of Conflict
    """

    n_datasets: int
    n_evaluations: int
    coverage: tuple[Coverage, ...]
    failures: Mapping[str, Mapping[str, int]]
    without_evaluations: tuple[str, ...]
    without_meta_features: tuple[str, ...]
    never_succeeded: tuple[str, ...]
    outliers: tuple[Outlier, ...]
    conflicts: tuple[Conflict, ...]


def doctor(base: KnowledgeBase) -> Diagnosis:
    """Return the coverage of a base and problems in it.

    Raises
    ------
    KnowledgeBaseError
        If the base is damaged; `verify` lists the damages.
    """
    datasets = base.datasets()
    names = {d.uid: d.name for d in datasets}
    statuses: dict[str, Counter[str]] = {}
    tried: set[str] = set()
    succeeded: set[str] = set()
    outliers: list[Outlier] = []
    n_evaluations = 0
    with base.snapshot() as fetch:
        for row in read_rows(fetch, "evaluation"):
            record = row.line.record
            assert isinstance(record, EvaluationRecord)  # implied by the kind
            n_evaluations += 1
            learner = record.configuration.learner
            statuses.setdefault(learner, Counter())[record.status.value] += 1
            tried.add(record.dataset_uid)
            if record.status is CellStatus.OK:
                succeeded.add(record.dataset_uid)
            outliers += _impossible(record, names)
    described = {record.dataset_uid for record in base.meta_features()}
    coverage = []
    for kind in TaskKind:
        gathered = base.gathered(frozenset({kind}), default_metric(kind))
        losses = gathered.evidence.losses
        if losses.size:
            n_datasets, n_configurations = losses.shape
            share = float((~np.isnan(losses)).mean())
            coverage.append(Coverage(kind, n_datasets, n_configurations, share))
            outliers += _too_good(gathered)
            outliers += _slow(gathered)
    return Diagnosis(
        len(datasets),
        n_evaluations,
        tuple(coverage),
        {
            learner: dict(sorted(statuses[learner].items()))
            for learner in sorted(statuses)
        },
        tuple(d.name for d in datasets if d.uid not in tried),
        tuple(d.name for d in datasets if d.uid not in described),
        tuple(d.name for d in datasets if d.uid in tried - succeeded),
        tuple(outliers),
        tuple(base.conflicts()),
    )


def verify(base: KnowledgeBase) -> list[str]:
    """Return the damages of a base.

    It runs the database's own check, recomputes all hashes and follows all references.

    Returns
    -------
    list of str
        One line per damage; empty if the base is intact.
    """
    problems: list[str] = []
    try:
        with base.snapshot() as fetch:
            if _is_sqlite(base):
                problems += [
                    f"integrity_check: {row[0]}"
                    for row in fetch("pragma integrity_check")
                    if row[0] != "ok"
                ]
            problems += _wrong_names(fetch)
            problems += _dangling(fetch)
            for kind in TABLES:
                problems += _wrong_rows(fetch, kind)
    except KnowledgeBaseError as error:
        problems.append(str(error))
    return problems


def _is_sqlite(base: KnowledgeBase) -> bool:
    return "://" not in base.place


def _impossible(
    record: EvaluationRecord, names: Mapping[str, str]
) -> Iterator[Outlier]:
    """Yield scores outside the range of their metric."""
    for j, metric in enumerate(record.metrics):
        low, high = _RANGES.get(metric, (-np.inf, np.inf))
        scores = record.scores[:, j]
        # float32 rounds a score of 1 by 6e-8 at most.
        wrong = scores[(scores < low - 1e-6) | (scores > high + 1e-6)]
        if len(wrong):
            yield Outlier(
                names.get(record.dataset_uid, record.dataset_uid),
                str(record.configuration),
                f"{metric} of {wrong[0]:.6g} is not between {low:g} and {high:g}",
            )


def _too_good(gathered: Gathered) -> Iterator[Outlier]:
    """Yield results that are far better than all others on their dataset."""
    evidence = gathered.evidence
    sign = -1 if BUILT_IN[evidence.metric].greater_is_better else 1
    for name, losses in zip(evidence.names, evidence.losses, strict=True):
        usable = np.isfinite(losses)
        if usable.sum() < _FEWEST:
            continue
        best, second = np.sort(losses[usable])[:2]
        if second - best > max(np.median(losses[usable]) - second, 1e-3 * abs(second)):
            winner = evidence.configurations[int(np.nanargmin(losses))]
            yield Outlier(
                name,
                str(winner),
                f"{evidence.metric} {sign * best:.6g} is far ahead of the second, "
                f"{sign * second:.6g}",
            )


def _slow(gathered: Gathered) -> Iterator[Outlier]:
    """Yield fits that took far longer than configuration and dataset explain."""
    evidence = gathered.evidence
    is_known = np.isfinite(evidence.losses) & (evidence.seconds > 0)
    if is_known.sum() < _FEWEST:
        return
    excess = np.log(np.where(is_known, evidence.seconds, 1.0))
    for j in range(excess.shape[1]):
        excess[:, j] -= (
            np.median(excess[is_known[:, j], j]) if is_known[:, j].any() else 0.0
        )
    for i in range(excess.shape[0]):
        excess[i] -= np.median(excess[i, is_known[i]]) if is_known[i].any() else 0.0
    excess[~is_known] = 0.0
    for i, j in np.argwhere(excess > np.log(_SLOW)).tolist():
        yield Outlier(
            evidence.names[i],
            str(evidence.configurations[j]),
            f"{evidence.seconds[i, j]:.3g} s per fold is {np.exp(excess[i, j]):.0f} "
            "times the expectation for the configuration and the dataset",
        )


def _wrong_names(fetch: Fetch) -> Iterator[str]:
    for number, digest, text in fetch("select id, digest, text from texts"):
        if hashlib.sha256(_encoded(text)).digest() != _bytes(digest):
            yield f"texts, row {number}: the hash does not fit the text."
    for number, content, learner, version, text in fetch(
        "select id, content, learner, space_version, json from configurations"
    ):
        if hashlib.sha256(_encoded(text)).digest() != _bytes(content):
            yield f"configurations, row {number}: the hash does not fit the JSON."
            continue
        try:
            with explaining_damage(f"configurations, row {number}"):
                fields = rules.configuration(json.loads(text))
        except KnowledgeBaseError as error:
            yield str(error)
            continue
        if canonical(fields) != text:
            yield f"configurations, row {number}: the JSON is not canonical."
        if (fields["learner"], fields["space_version"]) != (learner, version):
            yield f"configurations, row {number}: its columns differ from its JSON."


def _wrong_rows(fetch: Fetch, kind: str) -> Iterator[str]:
    table = TABLES[kind]
    texts = read_texts(fetch)
    for rows in raw_blocks(fetch, kind):
        names = read_names(fetch, texts, rows)
        for row in rows:
            try:
                stored = stored_row(KINDS[kind], row, names)
            except KnowledgeBaseError as error:
                yield f"{table}, row {row['id']!r:.40}: {error}"
                continue
            about = stored.line.about
            if stored.content != stored.line.content:
                yield f"{table}, row {stored.id}: the hash does not fit ({about})."
            elif stored.key_hash != stored.line.key_hash:
                yield f"{table}, row {stored.id}: the key does not fit ({about})."


def _dangling(fetch: Fetch) -> Iterator[str]:
    """Yield unreferenced rows, and rows of datasets that do not exist."""
    for table in ("meta_features", "evaluations", "foreign_evaluations"):
        for uid, n_rows in fetch(
            f"select t.text, count(*) from {table} r join texts t on t.id = r.dataset "
            "where r.dataset not in (select dataset from datasets) group by t.text"
        ):
            yield f"{table}: {n_rows} rows of dataset {uid!r:.80}, which is missing."
    for (number,) in fetch(
        "select id from configurations where id not in "
        "(select configuration from evaluations) and id not in "
        "(select configuration from foreign_setups where configuration is not null)"
    ):
        yield f"configurations, row {number}: nothing refers to it."


def _encoded(text: object) -> bytes:
    return text.encode() if isinstance(text, str) else b""


def _bytes(value: object) -> bytes:
    return bytes(value) if isinstance(value, bytes | memoryview) else b""
