"""The ``openml`` client (0.15.1), isolated from the user's settings.

Every setting that the client would read from its environment is set here, and restored
afterwards: server, key (none, since reading needs none and the client would send it to
every link in a reply), retries (see `retry`), cache (a folder of this refresh alone,
because the client loads pickles from it), logging, and HTTP (`transport`).
"""

import importlib
import json
import logging
import math
import os
import shutil
import sys
import tempfile
import threading
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

from headstart.exceptions import MissingPluginError
from headstart.meta.openml.errors import RefreshError
from headstart.meta.openml.replies import (
    DescriptionReply,
    EvaluationReply,
    FeatureReply,
    SetupReply,
    SuiteReply,
    TaskReply,
)

__all__ = ["Client", "connected"]

_ONE_AT_A_TIME = threading.Lock()
_SETTINGS = (
    "server",
    "apikey",
    "retry_policy",
    "connection_n_retries",
    "show_progress",
    "_root_cache_directory",
)
_SETUPS_A_PAGE = 1000


class Client:
    """The calls of the client that a refresh needs, one method per call.

    Made by `connected`. Methods raise the client's own errors; see `retry`.
    """

    def __init__(self, openml: ModuleType, cache: Path) -> None:
        self._openml: Any = openml
        self._cache = cache

    def forget(self) -> None:
        """Remove what earlier calls left in the cache.

        The client writes some replies to its cache before it parses them, and would
        read a broken one from there at each later call.
        """
        shutil.rmtree(self._cache, ignore_errors=True)
        self._cache.mkdir(mode=0o700, parents=True, exist_ok=True)

    def suite(self, name: int | str) -> SuiteReply:
        """Return a suite by number or alias. 1 call."""
        with _quietly():
            suite = self._openml.study.get_suite(name)
        return SuiteReply(int(suite.id), str(suite.name), tuple(suite.tasks or ()))

    def tasks(self, numbers: Sequence[int]) -> list[TaskReply]:
        """Return the tasks that the server has. 2 calls."""
        with _quietly():
            frame = self._openml.tasks.list_tasks(
                task_id=list(numbers), size=len(numbers), output_format="dataframe"
            )
        return [
            TaskReply(
                int(row["tid"]),
                int(row["ttid"].value),
                int(row["did"]),
                str(row["name"]),
                _text(row.get("target_feature")),
                _count(row.get("NumberOfInstances")),
                _count(row.get("NumberOfFeatures")),
            )
            for row in frame.to_dict("records")
        ]

    def task(self, number: int) -> TaskReply:
        """Return one task. 2 calls."""
        with _quietly():
            # Not `get_task`: for a target of text it downloads the data.
            task = self._openml.tasks.functions._get_task_description(number)
            did = int(task.dataset_id)
            name = str(self._dataset(did).name)
        return TaskReply(
            number, int(task.task_type_id.value), did, name, _text(task.target_name)
        )

    def description(self, did: int) -> DescriptionReply:
        """Return the description of a dataset. 1 call."""
        with _quietly():
            dataset = self._dataset(did)
        return DescriptionReply(
            did,
            str(dataset.name),
            int(dataset.version or 0),
            str(dataset.format),
            _text(dataset.licence),
            _text(dataset.md5_checksum),
        )

    def features(self, did: int) -> tuple[FeatureReply, ...]:
        """Return the columns of a dataset, in order. 1 call."""
        with _quietly():
            features = self._dataset(did).features
        return tuple(FeatureReply(f.name, f.data_type) for f in features.values())

    def qualities(self, did: int) -> dict[str, float]:
        """Return the qualities of a dataset, NaN where one has no value. 1 call."""
        with _quietly():
            return dict(self._dataset(did).qualities or {})

    def download(self, did: int) -> Any:
        """Return a dataset after downloading and checking its ARFF file. 1 call."""
        with _quietly():
            return self._dataset(did, download_data=True)

    def data_file(self, dataset: Any) -> Path:
        """Return the ARFF file of a downloaded dataset. No call."""
        return Path(dataset.data_file)

    def read(self, dataset: Any) -> Any:
        """Return the data of a downloaded dataset as a pandas DataFrame.

        Row numbers and ignored columns are left out. No call.
        """
        with _quietly():
            frame, *_ = dataset.get_data(dataset_format="dataframe")
        return frame

    def flow(self, number: int) -> str:
        """Return the name of a flow. 1 call."""
        with _quietly():
            return str(self._openml.flows.get_flow(number).name)

    def evaluations(
        self, function: str, tasks: Sequence[int], flow: int, *, size: int, offset: int
    ) -> list[EvaluationReply]:
        """Return a page of evaluations, empty past the end. 2 calls.

        Parameters
        ----------
        function : str
            OpenML's name of the score.
        tasks : sequence of int
        flow : int
        size, offset : int
            Rows of the page, and rows before it.
        """
        with _quietly():
            try:
                page = self._openml.evaluations.list_evaluations(
                    function,
                    offset=offset,
                    size=size,
                    tasks=list(tasks),
                    flows=[flow],
                    output_format="object",
                )
            except KeyError:
                # The client fails on a page with a user who has left or a dataset
                # without a name. Neither is needed here.
                return self._evaluations_plainly(function, tasks, flow, size, offset)
        return [
            EvaluationReply(
                int(e.run_id),
                int(e.task_id),
                int(e.setup_id),
                int(e.flow_id),
                str(e.flow_name),
                math.nan if e.value is None else float(e.value),
                str(e.upload_time),
            )
            for e in page.values()
        ]

    def setups(self, numbers: Sequence[int]) -> list[SetupReply]:
        """Return the setups that the server has. 1 call."""
        with _quietly():
            replies = self._openml.setups.list_setups(
                setup=list(numbers), size=_SETUPS_A_PAGE, output_format="object"
            )
        return [
            SetupReply(
                int(setup.setup_id),
                int(setup.flow_id),
                {
                    str(p.full_name): "null" if p.value is None else str(p.value)
                    for p in (setup.parameters or {}).values()
                },
            )
            for setup in replies.values()
        ]

    def _dataset(self, did: int, *, download_data: bool = False) -> Any:
        return self._openml.datasets.get_dataset(
            did,
            download_data=download_data,
            download_qualities=False,
            download_features_meta_data=False,
        )

    def _evaluations_plainly(
        self, function: str, tasks: Sequence[int], flow: int, size: int, offset: int
    ) -> list[EvaluationReply]:
        xmltodict = importlib.import_module("xmltodict")
        listed = ",".join(str(int(task)) for task in tasks)
        text = self._openml._api_calls._perform_api_call(
            f"evaluation/list/function/{function}/limit/{size}/offset/{offset}"
            f"/task/{listed}/flow/{flow}",
            "get",
        )
        rows = xmltodict.parse(text, force_list=("oml:evaluation",))
        return [
            EvaluationReply(
                int(row["oml:run_id"]),
                int(row["oml:task_id"]),
                int(row["oml:setup_id"]),
                int(row["oml:flow_id"]),
                str(row["oml:flow_name"]),
                float(row.get("oml:value") or math.nan),
                str(row.get("oml:upload_time")),
            )
            for row in rows["oml:evaluations"]["oml:evaluation"]
        ]


@contextmanager
def connected(server: str, shim: Any, cache: Path) -> Iterator[Client]:
    """Yield the client for `server`, and restore all settings afterwards.

    Parameters
    ----------
    server : str
        URL of the XML interface.
    shim : object
        Replacement of ``requests``; see `transport.requests_shim`.
    cache : Path
        A folder that only this user can write; emptied at the beginning.

    Raises
    ------
    MissingPluginError
        If the client is not installed.
    RefreshError
        If another refresh runs in this process.
    """
    if not _ONE_AT_A_TIME.acquire(blocking=False):
        raise RefreshError(
            "Only one refresh can run in a process, since the client's settings are "
            "global. hint: wait for the other one, or use another process."
        )
    try:
        openml = _import_client()
        client = Client(openml, cache)
        client.forget()
        config, calls = openml.config, openml._api_calls
        settings = {name: getattr(config, name) for name in _SETTINGS}
        modules = (calls.requests, calls.logging)
        skip = os.environ.get("OPENML_SKIP_PARQUET")
        try:
            config.server = server
            config.apikey = ""
            config.show_progress = False
            config.set_retry_policy("human", n_retries=1)
            config.set_root_cache_directory(cache)
            # Parquet files have no checksum, and an unreachable store costs minutes.
            os.environ["OPENML_SKIP_PARQUET"] = "true"
            calls.requests, calls.logging = shim, _quiet_logging()
            yield client
        finally:
            calls.requests, calls.logging = modules
            for name, value in settings.items():
                setattr(config, name, value)
            if skip is None:
                os.environ.pop("OPENML_SKIP_PARQUET", None)
            else:
                os.environ["OPENML_SKIP_PARQUET"] = skip
    finally:
        _ONE_AT_A_TIME.release()


def _import_client() -> Any:
    """Import the client, which makes its folders where environment variables say."""
    if "openml" not in sys.modules:
        with (
            tempfile.TemporaryDirectory(prefix="headstart-openml-") as folder,
            _environment(OPENML_CACHE_DIR=folder, XDG_CONFIG_HOME=folder),
        ):
            _import_all()
    return _import_all()


def _import_all() -> Any:
    try:
        with _quietly():
            openml = importlib.import_module("openml")
    except ImportError as error:
        raise MissingPluginError(
            f"A refresh from OpenML needs the package 'openml' ({error}). "
            "hint: pip install openml==0.15.1"
        ) from error
    return openml


@contextmanager
def _environment(**values: str) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


@contextmanager
def _quietly() -> Iterator[None]:
    """Suppress the client's warnings on deprecations and XML."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _quiet_logging() -> SimpleNamespace:
    """Return a replacement of ``logging`` for the client's module of calls.

    The module logs to the root logger, which configures logging for the whole process.
    """
    logger = logging.getLogger("headstart.openml")
    return SimpleNamespace(
        info=logger.debug, warning=logger.debug, getLogger=logging.getLogger
    )


def _text(value: Any) -> str:
    if isinstance(value, float) and math.isnan(value):
        return ""
    if value is None or isinstance(value, str):
        return value or ""
    # A description may have several licences, say.
    return json.dumps(value, default=str)


def _count(value: Any) -> int | None:
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return int(number) if math.isfinite(number) and number >= 0 else None
