"""The refresh: records of a suite on a server are added to a base in one transaction.

Every step (the tasks, one dataset, one slice of evaluations, ...) is written to a
journal when it is done. A refresh that was stopped or killed continues after the last
step. When all steps are done, their records are added to the base in one transaction.
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
        Yields headstart's own records of a dataset, given its table; called in the
        order of the suite. An error is listed in the report's `left_out`, and the
        dataset is added with the records before it. Without `evaluate`, a dataset
        whose description has not changed since the last refresh is not downloaded.
    progress : callable, optional
        Called with the progress after every step and before each repeated call.
    now : callable
        Returns the current time, for the log.
    sleep : callable
        Waits for a number of seconds.

    Returns
    -------
    RefreshReport

    Raises
    ------
    RefreshError
        If the server fails permanently, or a reply is refused. The base is unchanged,
        and finished steps are kept for the next refresh.
    """
    identity = options.identity(
        base=base.place, evaluated=evaluate is not None, engine=__version__
    )
    folder = options.staging or default_folder(identity)
    report_progress = progress or (lambda _: None)
    with Staging.open(folder, identity) as staging:

        def notice(message: str) -> None:
            report_progress(RefreshProgress("again", staging.n_steps(), 0, message))

        with open_session(
            options, folder / "client", now=now, sleep=sleep, notice=notice
        ) as session:
            work = _Refresh(base, options, evaluate, report_progress, staging, session)
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
                    f"in {folder}. hint: run it again to continue."
                ) from error
        report = work.land()
        staging.remove()
    return report


class _Refresh:
    """One refresh: its steps, and the lines of their records."""

    def __init__(
        self,
        base: KnowledgeBase,
        options: RefreshOptions,
        evaluate: Evaluate | None,
        report_progress: Progress,
        staging: Staging,
        session: Session,
    ) -> None:
        self._base = base
        self._options = options
        self._evaluate = evaluate
        self._report = report_progress
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
        stored_uids = {record.uid for record in self._base.datasets()}
        stored_tables = self._stored_tables(stored_uids)
        usable = []
        for n_done, task in enumerate(tasks):
            result = self._task_step(task, stored_tables, stored_uids)
            name = f"{clean_name(task.name)} (task {task.task_id})"
            if result["uid"]:
                is_class = task.kind_id == CLASSIFICATION
                usable.append(KnownTask(task.task_id, result["uid"], is_class))
                if result.get("not_evaluated"):
                    subject = f"own evaluations of {name}"
                    self._left_out.append((subject, result["not_evaluated"]))
                self._n_unchanged += not result["lines"]
                self._say("datasets", n_done + 1, len(tasks), name)
            else:
                self._left_out.append((name, result["reason"]))
                message = f"{name} is left out: {result['reason']}"
                self._say("datasets", n_done + 1, len(tasks), message)
        if self._options.evaluations and usable:
            self._fetch_evaluations(usable)

    def _task_step(
        self,
        task: TaskReply,
        stored_tables: dict[tuple[int, str], str],
        stored_uids: set[str],
    ) -> dict[str, Any]:
        key = f"task/{task.task_id}"
        result = self._step(key, lambda: self._fetch_task(task, stored_tables))
        if result["uid"] and not result["lines"] and result["uid"] not in stored_uids:
            # It was in the base when the step was done, but has been removed.
            self._staging.drop(key)
            result = self._step(key, lambda: self._fetch_task(task, {}))
        return result

    def _step(self, key: str, make: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        """Return the result of a step, new or from the journal, and keep its lines."""

        def run() -> dict[str, Any]:
            partial = make()
            replies = [asdict(reply) for reply in self._session.take_replies()]
            return {
                **partial,
                "lines": partial.get("lines", []),
                "fetches": [*partial.get("fetches", []), *replies],
            }

        result: dict[str, Any] = self._staging.step(key, run)
        self._lines += result["lines"]
        self._fetches += [FetchRecord(**record) for record in result["fetches"]]
        return result

    def _fetch_suite(self) -> dict[str, Any]:
        suite, tasks, missing = listed_suite(self._session, self._options)
        return {
            "suite_id": suite.suite_id,
            "name": clean_name(suite.name),
            "tasks": [asdict(task) for task in tasks],
            "missing": list(missing.items()),
        }

    def _fetch_task(
        self, task: TaskReply, stored_tables: dict[tuple[int, str], str]
    ) -> dict[str, Any]:
        session, options = self._session, self._options
        try:
            description = fetch_description(session, task, options)
            description_hash = session.sha256_of(short_key(f"data/{task.did}"))
            uid = stored_tables.get((task.task_id, description_hash), "")
            if uid:
                return {
                    "uid": uid,
                    "fetches": [self._table_fetch(task, description_hash, uid)],
                }
            dataset = fetch_dataset(session, task, description, options)
        except UnusableDatasetError as error:
            return {"uid": "", "reason": str(error)}
        records: list[Record] = [dataset.record]
        if dataset.qualities is not None:
            records.append(dataset.qualities)
        lines = [self._line(record) for record in records]
        our_lines, reason = self._own_lines(
            dataset.record, dataset.table, dataset.target
        )
        uid = dataset.record.uid
        fetches = [self._table_fetch(task, description_hash, uid)]
        return {
            "uid": uid,
            "lines": [*lines, *our_lines],
            "fetches": fetches,
            "not_evaluated": reason,
        }

    def _own_lines(self, record: Any, table: Any, target: str) -> tuple[list[str], str]:
        """Return lines of headstart's own records, and the error that ended them.

        A table that cannot be evaluated now can never be, so the refresh continues.
        """
        lines: list[str] = []
        if self._evaluate is None:
            return lines, ""
        try:
            # Each record has its own origin.
            lines.extend(Line.of(r).text for r in self._evaluate(record, table, target))
        except Exception as error:
            _log.exception("The evaluation of %s failed.", record.name)
            return lines, f"{type(error).__name__}: {clean_name(error)}"
        return lines, ""

    def _table_fetch(
        self, task: TaskReply, description_hash: str, uid: str
    ) -> dict[str, Any]:
        """Return the record of a task's table for one description of its dataset."""
        server, moment = self._options.server, self._session.now()
        key = f"table/{task.task_id}/{description_hash}"
        return asdict(FetchRecord(server, key, moment, uid, "ok"))

    def _stored_tables(self, stored_uids: set[str]) -> dict[tuple[int, str], str]:
        """Return the uids of tables in the base by task and hash of the description."""
        if self._evaluate is not None:
            return {}  # The evaluation needs the tables.
        tables = {}
        for fetched in self._base.fetches(self._options.server):
            head, _, description_hash = fetched.key.rpartition("/")
            subject, _, number = head.partition("/")
            is_table = subject == "table" and number.isdigit() and description_hash
            if is_table and fetched.sha256 in stored_uids:
                tables[int(number), description_hash] = fetched.sha256
        return tables

    # -- evaluations of other users ---------------------------------------------------

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
            result = self._step(
                f"evaluations/{flow_id}/{numbers[0]}",
                lambda numbers=numbers: {  # type: ignore[misc]
                    "rows": fetch_slice(
                        self._session, flow_id, function, numbers, self._options
                    )
                },
            )
            rows += result["rows"]
        setups = self._fetch_setups(flow_id, name, {row["setup_id"] for row in rows})
        usable = [row for row in rows if row["setup_id"] in setups]
        self._lines += [
            self._line(
                foreign_evaluation(
                    row, function, uids[row["task_id"]], self._options.server
                )
            )
            for row in usable
        ]
        if len(usable) < len(rows):
            n_lost = len(rows) - len(usable)
            self._left_out.append(
                (f"{n_lost} evaluations of flow {flow_id}", "their setups are unknown")
            )
        return len(usable)

    def _fetch_setups(self, flow_id: int, name: str, setup_ids: set[int]) -> set[int]:
        rule = rule_of(name)
        assert rule is not None
        registry = load_plugins()
        numbers, fetched = sorted(setup_ids), set()
        for start in range(0, len(numbers), SETUPS_A_CALL):
            chunk = numbers[start : start + SETUPS_A_CALL]

            def run(chunk: list[int] = chunk) -> dict[str, Any]:
                setups = fetch_setups(
                    self._session, chunk, rule, name, flow_id, registry
                )
                lines = [self._line(setup) for setup in setups]
                return {"lines": lines, "setups": [s.setup_id for s in setups]}

            result = self._step(f"setups/{flow_id}/{start}", run)
            fetched |= set(result["setups"])
        return fetched

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
        self._report(RefreshProgress(stage, done, total, message))
