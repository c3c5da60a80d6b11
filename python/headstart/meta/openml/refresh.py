"""The refresh: records of a suite on a server are added to a base in one transaction.

Every step (the tasks, one dataset, one slice of evaluations, ...) is written to a
journal when it is done. A refresh that was stopped or killed goes on after the last
step; when all are done, everything lands in the base in one transaction.
"""

import logging
import time
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from headstart.exceptions import KnowledgeBaseError
from headstart.meta.openml.datasets import fetch_dataset, fetch_description
from headstart.meta.openml.errors import (
    MalformedReplyError,
    RefreshError,
    ServerRefusalError,
    UnusableDatasetError,
)
from headstart.meta.openml.evaluations import (
    SETUPS_A_CALL,
    KnownTask,
    fetch_flow_name,
    fetch_setups,
    fetch_slice,
    foreign_evaluation,
    slices_of,
)
from headstart.meta.openml.flows import rule_of
from headstart.meta.openml.options import (
    Evaluate,
    Progress,
    RefreshOptions,
    RefreshProgress,
    RefreshReport,
)
from headstart.meta.openml.plan import listed_suite
from headstart.meta.openml.replies import CLASSIFICATION, TaskReply
from headstart.meta.openml.session import Session, open_session, utc_now
from headstart.meta.openml.staging import Staging, default_folder
from headstart.meta.openml.text import clean_name, short_key
from headstart.meta.records import FetchRecord, Record
from headstart.meta.store import KnowledgeBase
from headstart.meta.store.lines import Line
from headstart.plugins import load_plugins
from headstart.version import __version__

__all__ = ["refresh"]

_log = logging.getLogger("headstart.openml")


def refresh(
    base: KnowledgeBase,
    options: RefreshOptions,
    evaluate: Evaluate | None = None,
    progress: Progress | None = None,
    *,
    now: Callable[[], str] = utc_now,
    sleep: Callable[[float], None] = time.sleep,
) -> RefreshReport:
    """Add the datasets of a suite and evaluations of other users to a base.

    Parameters
    ----------
    base : KnowledgeBase
        Open for writing.
    options : RefreshOptions
    evaluate : callable, optional
        Given each dataset with its table, returns records of our own; called in the
        order of the suite. What it raises is named in the report's `left_out`; the
        dataset lands with the records that came before. Without it, a dataset whose
        description has not changed since the last refresh is not downloaded again.
    progress : callable, optional
        Told of every step and of calls that are made again.
    now : callable
        Gives the moment, for the log.
    sleep : callable
        Waits so many seconds.

    Returns
    -------
    RefreshReport

    Raises
    ------
    RefreshError
        If the server fails for good, or a reply is not to be taken. The base is as it
        was, and what was fetched is kept for the next time.
    """
    identity = options.identity(
        base=base.place, evaluated=evaluate is not None, engine=__version__
    )
    folder = options.staging or default_folder(identity)
    tell = progress or (lambda _: None)
    with Staging.open(folder, identity) as staging:

        def notice(message: str) -> None:
            tell(RefreshProgress("again", staging.n_steps(), 0, message))

        with open_session(
            options, folder / "client", now=now, sleep=sleep, notice=notice
        ) as session:
            work = _Refresh(base, options, evaluate, tell, staging, session)
            try:
                work.fetch()
            except (
                KnowledgeBaseError,
                ServerRefusalError,
                MalformedReplyError,
            ) as error:
                raise RefreshError(
                    f"The refresh from {options.server} stopped. {error}. Nothing was "
                    f"added to the base; {staging.n_steps()} finished steps are kept "
                    f"in {folder}. hint: run it again to go on."
                ) from error
        report = work.land()
        staging.remove()
    return report


class _Refresh:
    """One refresh: its steps, and the lines they made."""

    def __init__(
        self,
        base: KnowledgeBase,
        options: RefreshOptions,
        evaluate: Evaluate | None,
        tell: Progress,
        staging: Staging,
        session: Session,
    ) -> None:
        self._base = base
        self._options = options
        self._evaluate = evaluate
        self._tell = tell
        self._staging = staging
        self._session = session
        self._suite: dict[str, Any] = {}
        self._lines: list[str] = []
        self._fetches: list[FetchRecord] = []
        self._left_out: list[tuple[str, str]] = []
        self._n_unchanged = 0

    # -- steps ------------------------------------------------------------------------

    def fetch(self) -> None:
        self._suite = self._step("suite", self._fetch_suite)
        tasks = [TaskReply(**record) for record in self._suite["tasks"]]
        for number, reason in self._suite["missing"]:
            self._left_out.append((f"task {number}", reason))
        there = {record.uid for record in self._base.datasets()}
        known = self._known_tables(there)
        usable = []
        for n_done, task in enumerate(tasks):
            found = self._task_step(task, known, there)
            name = f"{clean_name(task.name)} (task {task.task_id})"
            if found["uid"]:
                is_class = task.kind_id == CLASSIFICATION
                usable.append(KnownTask(task.task_id, found["uid"], is_class))
                if found.get("not_evaluated"):
                    what = f"own evaluations of {name}"
                    self._left_out.append((what, found["not_evaluated"]))
                self._n_unchanged += not found["lines"]
                self._say("datasets", n_done + 1, len(tasks), name)
            else:
                self._left_out.append((name, found["reason"]))
                message = f"{name} is left out: {found['reason']}"
                self._say("datasets", n_done + 1, len(tasks), message)
        if self._options.evaluations and usable:
            self._fetch_evaluations(usable)

    def _task_step(
        self, task: TaskReply, known: dict[tuple[int, str], str], there: set[str]
    ) -> dict[str, Any]:
        key = f"task/{task.task_id}"
        found = self._step(key, lambda: self._fetch_task(task, known))
        if found["uid"] and not found["lines"] and found["uid"] not in there:
            # It was in the base when the step was done, and is no longer.
            self._staging.drop(key)
            found = self._step(key, lambda: self._fetch_task(task, {}))
        return found

    def _step(self, key: str, make: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        """Do a step, or take it from the journal; keep what it made."""

        def made() -> dict[str, Any]:
            found = make()
            replies = [asdict(reply) for reply in self._session.take_replies()]
            return {
                **found,
                "lines": found.get("lines", []),
                "fetches": [*found.get("fetches", []), *replies],
            }

        found: dict[str, Any] = self._staging.step(key, made)
        self._lines += found["lines"]
        self._fetches += [FetchRecord(**record) for record in found["fetches"]]
        return found

    def _fetch_suite(self) -> dict[str, Any]:
        suite, tasks, missing = listed_suite(self._session, self._options)
        return {
            "suite_id": suite.suite_id,
            "name": clean_name(suite.name),
            "tasks": [asdict(task) for task in tasks],
            "missing": list(missing.items()),
        }

    def _fetch_task(
        self, task: TaskReply, known: dict[tuple[int, str], str]
    ) -> dict[str, Any]:
        session, options = self._session, self._options
        try:
            description = fetch_description(session, task, options)
            said = session.sha256_of(short_key(f"data/{task.did}"))
            uid = known.get((task.task_id, said), "")
            if uid:
                return {"uid": uid, "fetches": [self._table_fetch(task, said, uid)]}
            dataset = fetch_dataset(session, task, description, options)
        except UnusableDatasetError as error:
            return {"uid": "", "reason": str(error)}
        records: list[Record] = [dataset.record]
        if dataset.qualities is not None:
            records.append(dataset.qualities)
        lines = [self._line(record) for record in records]
        own, reason = self._own_lines(dataset.record, dataset.table, dataset.target)
        uid = dataset.record.uid
        fetches = [self._table_fetch(task, said, uid)]
        return {
            "uid": uid,
            "lines": [*lines, *own],
            "fetches": fetches,
            "not_evaluated": reason,
        }

    def _own_lines(self, record: Any, table: Any, target: str) -> tuple[list[str], str]:
        """Return lines of our own, and why there are no more of them.

        A table that cannot be evaluated now never can: the refresh goes on without.
        """
        lines: list[str] = []
        if self._evaluate is None:
            return lines, ""
        try:
            # Each says itself who made it.
            lines.extend(Line.of(r).text for r in self._evaluate(record, table, target))
        except Exception as error:
            _log.exception("The evaluation of %s failed.", record.name)
            return lines, f"{type(error).__name__}: {clean_name(error)}"
        return lines, ""

    def _table_fetch(self, task: TaskReply, said: str, uid: str) -> dict[str, Any]:
        """Note which table a task had, by what the server said of the dataset."""
        server, moment = self._options.server, self._session.now()
        key = f"table/{task.task_id}/{said}"
        return asdict(FetchRecord(server, key, moment, uid, "ok"))

    def _known_tables(self, there: set[str]) -> dict[tuple[int, str], str]:
        """Return uids in the base by task and by what the server said of it."""
        if self._evaluate is not None:
            return {}  # Tables are needed.
        known = {}
        for fetched in self._base.fetches(self._options.server):
            head, _, said = fetched.key.rpartition("/")
            place, _, number = head.partition("/")
            is_table = place == "table" and number.isdigit() and said
            if is_table and fetched.sha256 in there:
                known[int(number), said] = fetched.sha256
        return known

    # -- other people's evaluations ---------------------------------------------------

    def _fetch_evaluations(self, tasks: list[KnownTask]) -> None:
        uids = {task.task_id: task.uid for task in tasks}
        flows = list(dict.fromkeys(self._options.flows))
        for n_done, flow_id in enumerate(flows):
            name = self._step(
                f"flow/{flow_id}",
                lambda flow_id=flow_id: {  # type: ignore[misc]
                    "name": fetch_flow_name(self._session, flow_id)
                },
            )["name"]
            rule = rule_of(name)
            if rule is None:
                reason = f"no rule maps it: {clean_name(name)}" if name else "unknown"
                self._left_out.append((f"flow {flow_id}", reason))
                message = f"flow {flow_id} is left out: {reason}"
            else:
                n_runs = self._fetch_flow(flow_id, name, uids, tasks)
                message = f"flow {flow_id}: {n_runs:,} evaluations"
            self._say("evaluations", n_done + 1, len(flows), message)

    def _fetch_flow(
        self, flow_id: int, name: str, uids: dict[int, str], tasks: list[KnownTask]
    ) -> int:
        rule = rule_of(name)
        assert rule is not None
        is_classification = rule.is_classification
        function = self._options.functions[is_classification]
        rows: list[dict[str, Any]] = []
        for numbers in slices_of(
            tasks, self._options, is_classification=is_classification
        ):
            found = self._step(
                f"evaluations/{flow_id}/{numbers[0]}",
                lambda numbers=numbers: {  # type: ignore[misc]
                    "rows": fetch_slice(
                        self._session, flow_id, function, numbers, self._options
                    )
                },
            )
            rows += found["rows"]
        known = self._fetch_setups(flow_id, name, {row["setup_id"] for row in rows})
        kept = [row for row in rows if row["setup_id"] in known]
        self._lines += [
            self._line(
                foreign_evaluation(
                    row, function, uids[row["task_id"]], self._options.server
                )
            )
            for row in kept
        ]
        if len(kept) < len(rows):
            n_lost = len(rows) - len(kept)
            self._left_out.append(
                (f"{n_lost} evaluations of flow {flow_id}", "their setups are unknown")
            )
        return len(kept)

    def _fetch_setups(self, flow_id: int, name: str, wanted: set[int]) -> set[int]:
        rule = rule_of(name)
        assert rule is not None
        registry = load_plugins()
        numbers, known = sorted(wanted), set()
        for start in range(0, len(numbers), SETUPS_A_CALL):
            chunk = numbers[start : start + SETUPS_A_CALL]

            def made(chunk: list[int] = chunk) -> dict[str, Any]:
                setups = fetch_setups(
                    self._session, chunk, rule, name, flow_id, registry
                )
                lines = [self._line(setup) for setup in setups]
                return {"lines": lines, "setups": [s.setup_id for s in setups]}

            found = self._step(f"setups/{flow_id}/{start}", made)
            known |= set(found["setups"])
        return known

    # -- the end ----------------------------------------------------------------------

    def land(self) -> RefreshReport:
        """Add everything in one transaction."""
        lines = [Line.read(text) for text in dict.fromkeys(self._lines)]
        log = [Line.of(record, self._options.server) for record in self._fetches]
        added = self._base.add_lines([*lines, *log])
        self._say("base", 1, 1, f"{added.n_new:,} new records")
        kinds = [line.kind.name for line in lines]
        setups = [line for line in lines if line.kind.name == "foreign_setup"]
        return RefreshReport(
            server=self._options.server,
            suite_id=self._suite["suite_id"],
            suite_name=self._suite["name"],
            n_tasks=len(self._suite["tasks"]) + len(self._suite["missing"]),
            n_datasets=kinds.count("dataset"),
            n_unchanged=self._n_unchanged,
            n_own_evaluations=kinds.count("evaluation"),
            n_evaluations=kinds.count("foreign_evaluation"),
            n_setups=len(setups),
            n_mapped=sum(s.fields["configuration"] is not None for s in setups),
            n_new=added.n_new,
            n_known=added.n_known,
            conflicts=tuple(map(str, added.conflicts)),
            left_out=tuple(self._left_out),
            n_calls=self._session.n_calls,
            n_retries=self._session.n_retries,
            n_resumed=self._staging.n_resumed,
        )

    def _line(self, record: Record) -> str:
        return Line.of(record, self._options.server).text

    def _say(self, stage: str, done: int, total: int, message: str) -> None:
        self._tell(RefreshProgress(stage, done, total, message))
