"""The output step, which turns the mean of the members into predictions.

Its parts run in one order: inverse link, level, sorted quantiles, calibration. They
change outputs; the last part, the decision, turns outputs into classes. Each part is
optional. Out-of-fold predictions and predictions for new tables go through the same
step, so that the figures of a report are those of `predict`.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Self

import numpy as np

from headstart.base import FloatArray, IntArray, Task
from headstart.base.arrays import require
from headstart.exceptions import ArtifactError
from headstart.metrics import Decision, Metric
from headstart.metrics.metric import one_column, predicted_codes
from headstart.validation import Calibration, read_calibration

__all__ = ["PLAIN_MEAN", "Level", "Output"]

_INVERSE_LINKS: Mapping[str, Callable[[FloatArray], FloatArray]] = MappingProxyType(
    {"log": np.exp, "log1p": np.expm1}
)
_PARTS = {"link", "level", "quantiles", "calibration", "decision"}


@dataclass(frozen=True, slots=True)
class Level:
    """A factor and a shift that adjust predicted values to the level a metric requires.

    Parameters
    ----------
    factor : float, default=1.0
        Multiplied with the values before the shift is added.
    shift : tuple of float
        One number per output, added to it; empty for none.
    """

    factor: float = 1.0
    shift: tuple[float, ...] = ()

    def apply(self, outputs: FloatArray) -> FloatArray:
        """Return outputs adjusted to this level."""
        scaled: FloatArray = outputs * self.factor
        return scaled + np.array(self.shift) if self.shift else scaled

    def to_record(self) -> dict[str, Any]:
        """Return a JSON-ready dictionary."""
        return {"factor": self.factor, "shift": list(self.shift)}


@dataclass(frozen=True, slots=True)
class Output:
    """The step after the mean of the members; without parts it changes nothing.

    Parameters
    ----------
    link : {"log", "log1p"} or None
        Link function of the values that members were fitted on; its inverse is applied.
    level : Level or None
        For values only.
    quantiles : tuple of float
        Levels of the outputs, ascending, if each output is a quantile: the outputs of
        each row are sorted. Empty for other outputs.
    calibration : Calibration or None
        Fitted map of probabilities.
    decision : Decision or None
        Rule from probabilities to classes. Without one the most probable class is
        predicted; ties go to the first.

    Examples
    --------
    >>> output = Output(link="log1p", level=Level(2.0))
    >>> output.apply(np.log1p([[1.0], [3.0]])).round(6).tolist()
    [[2.0], [6.0]]
    """

    link: str | None = None
    level: Level | None = None
    quantiles: tuple[float, ...] = ()
    calibration: Calibration | None = None
    decision: Decision | None = None

    def apply(self, mean: FloatArray) -> FloatArray:
        """Return the outputs of the model for means of its members.

        Parameters
        ----------
        mean : ndarray of shape (n_rows, n_outputs)
            It is not changed.

        Returns
        -------
        ndarray of shape (n_rows, n_outputs)
        """
        outputs = mean
        if self.link is not None:
            outputs = _INVERSE_LINKS[self.link](outputs)
        if self.level is not None:
            outputs = self.level.apply(outputs)
        if self.quantiles:
            outputs = np.sort(outputs, axis=1)
        if self.calibration is not None and len(outputs):
            outputs = self.calibration.predict(outputs)
        return outputs

    def codes(self, outputs: FloatArray) -> IntArray:
        """Return the code of the class that is predicted for each row of outputs."""
        if self.decision is None:
            return predicted_codes(one_column(outputs))
        return self.decision.predict(outputs)

    def values(self, outputs: FloatArray) -> FloatArray:
        """Return the value that is predicted for each row of outputs.

        Of several quantiles it is the one nearest to the median; of two equally near
        ones, the lower.
        """
        index = 0
        if self.quantiles:
            index = int(np.abs(np.array(self.quantiles) - 0.5).argmin())
        return outputs[:, index]

    def as_scored(self, outputs: FloatArray, metric: Metric) -> FloatArray:
        """Return outputs in the form that a metric accepts.

        A metric of labels uses the most probable class, so where a decision chooses the
        class, the metric receives probabilities of 0 and 1.

        Parameters
        ----------
        outputs : ndarray of shape (n_rows, n_outputs)
        metric : Metric

        Returns
        -------
        ndarray of shape (n_rows,) or (n_rows, n_classes)
        """
        if self.decision is None or metric.needs != "label":
            return one_column(outputs)
        codes = self.codes(outputs)
        if outputs.shape[1] == 1:
            return codes.astype(np.float64)
        return np.eye(outputs.shape[1])[codes]

    def to_record(self) -> dict[str, Any]:
        """Return a JSON-ready dictionary of the parts that are not None."""
        record: dict[str, Any] = {}
        if self.link is not None:
            record["link"] = self.link
        if self.level is not None:
            record["level"] = self.level.to_record()
        if self.quantiles:
            record["quantiles"] = list(self.quantiles)
        if self.calibration is not None:
            record["calibration"] = self.calibration.to_dict()
        if self.decision is not None:
            factors = self.decision.factors
            record["decision"] = {
                "threshold": self.decision.threshold,
                "factors": None if factors is None else factors.tolist(),
                "value": self.decision.value,
            }
        return record

    @classmethod
    def from_record(cls, record: Mapping[str, Any], task: Task) -> Self:
        """Return the output step of a record.

        Parameters
        ----------
        record : mapping
            What `to_record` returned.
        task : Task
            The task of the model.

        Raises
        ------
        ArtifactError
            If a part does not fit the task.
        KeyError, TypeError, ValueError
            If the record has another form.
        """
        unknown = sorted(set(record) - _PARTS)
        require(not unknown, f"An output step has no part {str(unknown)[:60]}.")
        is_value = not task.kind.is_classification
        for name in record:
            require(
                is_value == (name in {"link", "level", "quantiles"}),
                f"The {name} of an output step does not fit the kind {task.kind}.",
            )
        link = record.get("link")
        require(
            link is None or link in _INVERSE_LINKS,
            f"No link is called {str(link)[:40]}.",
        )
        return cls(
            link,
            _read_level(record["level"], task) if "level" in record else None,
            _read_quantiles(record["quantiles"], task) if "quantiles" in record else (),
            (
                _read_calibration(record["calibration"], task)
                if "calibration" in record
                else None
            ),
            _read_decision(record["decision"], task) if "decision" in record else None,
        )


PLAIN_MEAN = Output()
"""The output step without parts: predictions are the mean of the members."""


def _read_level(record: Mapping[str, Any], task: Task) -> Level:
    shift = _numbers(record["shift"])
    require(
        _is_number(record["factor"]) and record["factor"] > 0,
        "The factor of a level must be a positive number.",
    )
    require(
        len(shift) in {0, task.n_outputs},
        f"A level must shift no output or {task.n_outputs}.",
    )
    return Level(float(record["factor"]), shift)


def _read_quantiles(values: Any, task: Task) -> tuple[float, ...]:
    levels = _numbers(values)
    require(
        len(levels) == task.n_outputs
        and all(0 < level < 1 for level in levels)
        and list(levels) == sorted(set(levels)),
        f"Quantiles must be {task.n_outputs} ascending levels between 0 and 1.",
    )
    return levels


def _read_calibration(record: Mapping[str, Any], task: Task) -> Calibration:
    calibration = read_calibration(record)
    require(
        calibration.n_columns_ == task.n_outputs,
        f"A calibration must be of {task.n_outputs} columns.",
    )
    # Parameters of a wrong form raise when they are used.
    n = task.n_outputs
    rows = np.array([[0.0], [0.5], [1.0]])
    if n > 1:
        rows = np.vstack([np.eye(n)[:2], np.full(n, 1 / n)])
    try:
        probabilities = calibration.predict(rows)
    except Exception as error:
        raise ArtifactError(f"A calibration cannot be used: {error!r}.") from error
    require(
        probabilities.shape == rows.shape
        and bool(((probabilities >= 0) & (probabilities <= 1)).all()),
        "A calibration must give probabilities.",
    )
    return calibration


def _read_decision(record: Mapping[str, Any], task: Task) -> Decision:
    threshold, factors = record["threshold"], record["factors"]
    require(_is_number(record["value"]), "A decision must have a value.")
    if task.n_outputs == 1:
        require(
            _is_number(threshold) and factors is None,
            "A decision on two classes must have a threshold.",
        )
        return Decision(float(threshold), None, float(record["value"]))
    numbers = _numbers(factors)
    require(
        threshold is None
        and len(numbers) == task.n_outputs
        and all(number >= 0 for number in numbers),
        f"A decision must have factors of {task.n_outputs} classes, none negative.",
    )
    return Decision(None, np.array(numbers), float(record["value"]))


def _numbers(values: Any) -> tuple[float, ...]:
    require(
        isinstance(values, list) and all(map(_is_number, values)),
        "An output step must have lists of finite numbers.",
    )
    return tuple(map(float, values))


def _is_number(value: Any) -> bool:
    return type(value) in {int, float} and math.isfinite(value)
