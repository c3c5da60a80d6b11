"""The shipped base and the user's own base, read as one."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

from headstart.base import TaskKind
from headstart.exceptions import HeadstartError, KnowledgeBaseError
from headstart.machine.places import is_url
from headstart.machine.settings import own_knowledge_base
from headstart.meta.evidence import Evidence
from headstart.meta.records import (
    DatasetRecord,
    EvaluationRecord,
    ForeignEvaluation,
    ForeignSetup,
    MetaFeatures,
)
from headstart.meta.store.evidence import (
    DIAGNOSIS,
    LOOKUP,
    Bounds,
    Gathered,
    Gathering,
)
from headstart.meta.store.knowledge_base import KnowledgeBase
from headstart.meta.store.lines import Line

__all__ = ["LayeredBase", "own_base_place"]

T = TypeVar("T")


def own_base_place() -> str | Path:
    """Return the place of the user's own base, which may not exist.

    ``HEADSTART_META_DB`` is its path or PostgreSQL URL; by default it is a file in the
    platform's folder for data.

    Raises
    ------
    KnowledgeBaseError
        If it would be in the home folder of a user without one, as in a container.
    """
    place = own_knowledge_base()
    if place is not None and is_url(place):
        return place
    import platformdirs

    try:
        # Some versions of platformdirs leave the tilde of a home folder in place.
        path = place or platformdirs.user_data_path("headstart") / "knowledge.db"
        return Path(path).expanduser()
    except RuntimeError:
        raise KnowledgeBaseError(
            "Your own knowledge base would be in your home folder, but this user has "
            "no home folder. hint: set HOME, or HEADSTART_META_DB to another place."
        ) from None


class LayeredBase:
    """Bases in layers: for each dataset, the first base that has it counts.

    Parameters
    ----------
    layers : sequence of KnowledgeBase

    Attributes
    ----------
    layers : tuple of KnowledgeBase
        The bases that can be read.
    problems : list of HeadstartError
        Errors of layers that were left out, when they were opened or later.
    """

    def __init__(self, layers: Sequence[KnowledgeBase]) -> None:
        self.layers = tuple(layers)
        self.problems: list[HeadstartError] = []

    @classmethod
    def open(
        cls,
        shipped: Path | None,
        own_place: str | Path | None = None,
        *,
        deadline: float | None = None,
    ) -> Self:
        """Return the shipped base and the user's own, open for reading.

        Neither is made or changed. The user's own may be absent. A layer that cannot
        be read is left out, and its error is in `problems`.

        Parameters
        ----------
        shipped : Path or None
            A file that no process writes to.
        own_place : str, Path or None
            Place of the user's own base; by default `own_base_place`.
        deadline : float or None, default=None
            As for `KnowledgeBase.open`, for the user's own base.

        Raises
        ------
        KnowledgeBaseError
            If there are bases, and none of them can be read.
        """
        layers: list[KnowledgeBase] = []
        problems: list[HeadstartError] = []
        place = own_place
        if place is None:
            try:
                place = own_base_place()
            except KnowledgeBaseError as error:
                # Without a home folder there is no own base: no problem by default.
                if own_knowledge_base() is not None:
                    problems.append(error)
        openings: list[Callable[[], KnowledgeBase]] = []
        if shipped is not None:
            openings.append(lambda: KnowledgeBase.open(shipped, immutable=True))
        if place is not None and (is_url(place) or _holds_something(Path(place))):
            own_opening = partial(
                KnowledgeBase.open, place, read_only=True, deadline=deadline
            )
            openings.append(own_opening)
        for opening in openings:
            try:
                layers.append(opening())
            except HeadstartError as error:
                problems.append(error)
        if problems and not layers:
            raise _all_refused(problems)
        base = cls(layers)
        base.problems += problems
        return base

    def close(self) -> None:
        """Close the bases."""
        for layer in self.layers:
            layer.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def datasets(self) -> list[DatasetRecord]:
        """Return the datasets, each from the first layer that has it."""
        records: dict[str, DatasetRecord] = {}
        for layer in self._read(KnowledgeBase.datasets):
            for record in layer:
                records.setdefault(record.uid, record)
        return sorted(records.values(), key=lambda record: (record.name, record.uid))

    def meta_features(self, source: str | None = None) -> list[MetaFeatures]:
        """Return all meta-features, or those of one source, from the first layers."""
        records: dict[tuple[str, str, int], MetaFeatures] = {}
        for layer in self._read(lambda base: base.meta_features(source)):
            for record in layer:
                key = (record.dataset_uid, record.source, record.version)
                records.setdefault(key, record)
        return list(records.values())

    def evaluations(
        self, *, dataset_uid: str | None = None, learner: str | None = None
    ) -> Iterator[EvaluationRecord]:
        """Return all evaluations, each once, or those of one dataset or learner."""
        yielded: set[bytes] = set()
        for layer in self._read(
            lambda base: list(
                base.evaluations(dataset_uid=dataset_uid, learner=learner)
            )
        ):
            for record in layer:
                content = Line.of(record).content
                if content not in yielded:
                    yielded.add(content)
                    yield record

    def foreign_evaluations(self) -> list[ForeignEvaluation]:
        """Return the scores of runs on OpenML, each once."""
        layers = self._read(KnowledgeBase.foreign_evaluations)
        return list(dict.fromkeys(record for layer in layers for record in layer))

    def foreign_setups(self) -> list[ForeignSetup]:
        """Return the setups of flows on OpenML, each once."""
        setups: dict[bytes, ForeignSetup] = {}
        for layer in self._read(KnowledgeBase.foreign_setups):
            for record in layer:
                setups.setdefault(Line.of(record).content, record)
        return list(setups.values())

    def evidence(
        self,
        kinds: frozenset[TaskKind],
        metric: str,
        *,
        learners: Mapping[str, int] | None = None,
        source: str = "headstart",
    ) -> Evidence:
        """Return the evidence of all bases for a task.

        As `KnowledgeBase.evidence`, over all layers that can be read.

        Parameters
        ----------
        kinds, metric, learners, source
            As for `KnowledgeBase.evidence`.

        Raises
        ------
        KnowledgeBaseError
            If there are bases, and all of them are damaged.
        """
        return self.gathered(
            kinds, metric, learners=learners, source=source, bounds=LOOKUP
        ).evidence

    def gathered(
        self,
        kinds: frozenset[TaskKind],
        metric: str,
        *,
        learners: Mapping[str, int] | None = None,
        source: str = "headstart",
        bounds: Bounds = DIAGNOSIS,
    ) -> Gathered:
        """Return evidence with the uids of its datasets, within bounds.

        Parameters
        ----------
        kinds, metric, learners, source
            As for `KnowledgeBase.evidence`.
        bounds : Bounds
            Limits per base.
        """
        gathering = Gathering(kinds, metric, learners, source, bounds)

        def take(base: KnowledgeBase) -> None:
            with base.snapshot() as fetch:
                gathering.take(fetch, base.place)

        self._read(take)
        return gathering.gathered()

    def _read(self, ask: Callable[[KnowledgeBase], T]) -> list[T]:
        """Return the result of `ask` per layer, and drop damaged layers."""
        answers, broken = [], []
        for layer in self.layers:
            try:
                answers.append(ask(layer))
            except KnowledgeBaseError as error:
                broken.append((layer, error))
        if broken and not answers:
            raise _all_refused([problem for _, problem in broken])
        for layer, problem in broken:
            self.problems.append(problem)
            layer.close()
        broken_ids = {id(layer) for layer, _ in broken}
        self.layers = tuple(
            layer for layer in self.layers if id(layer) not in broken_ids
        )
        return answers


def _all_refused(problems: Sequence[HeadstartError]) -> KnowledgeBaseError:
    return KnowledgeBaseError(" ".join(str(problem) for problem in problems))


def _holds_something(path: Path) -> bool:
    """Return whether a file has content; a base that is being made may be empty."""
    try:
        return path.stat().st_size > 0
    except OSError:
        return False
