"""Calibration of probabilities: the methods, and the choice among them."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from headstart import _core
from headstart.base import FloatArray, IntArray
from headstart.metrics.targets import class_codes, plain, probability_columns
from headstart.validation.assignment import stratified_folds
from headstart.validation.folds import Folds

__all__ = [
    "BetaCalibration",
    "Calibration",
    "CalibrationChoice",
    "IsotonicCalibration",
    "NoCalibration",
    "PlattCalibration",
    "TemperatureCalibration",
    "choose_calibration",
    "read_calibration",
]

_CLIP = float(np.finfo(np.float64).eps)


class Calibration(ABC):
    """A map from probabilities to calibrated probabilities.

    It is fitted on out-of-fold predictions. It can be pickled, and converted to and
    from JSON by `to_dict` and `read_calibration`. With more than two classes, each
    class is calibrated against the rest, and the probabilities of a row are normalised
    to 1. The temperature is an exception: it is shared by all classes.
    """

    name: ClassVar[str]

    def fit(
        self,
        prediction: Any,
        y: Any,
        weight: Any | None = None,
        *,
        n_threads: int = 1,
    ) -> Self:
        """Fit the map, and return the calibration.

        Parameters
        ----------
        prediction : array-like of shape (n_rows,) or (n_rows, n_classes)
            Probabilities of the second class, or of all classes.
        y : array-like of shape (n_rows,)
            True labels. Class codes, or any labels whose sorted order is that of the
            columns.
        weight : array-like of shape (n_rows,) or None, default=None
            Weights of rows.
        n_threads : int, default=1
            Does not affect the map.

        Raises
        ------
        ValueError
            If shapes are inconsistent, or numbers are not finite.
        """
        columns, n_classes = probability_columns(np.asarray(prediction))
        codes = class_codes(y, n_classes, None)
        if len(codes) != len(columns):
            raise ValueError(
                f"y must have one label for each of the {len(columns)} rows. "
                f"Got {len(codes)}."
            )
        if not np.isfinite(columns).all():
            raise ValueError("prediction must hold finite numbers. Got NaN or inf.")
        weights = None if weight is None else plain(weight)
        self._fit(columns, codes, weights, n_threads)
        self.n_columns_ = columns.shape[1]
        return self

    def predict(self, prediction: Any) -> FloatArray:
        """Return calibrated probabilities in the shape of the input.

        Raises
        ------
        ValueError
            If the number of columns differs from the fit.
        RuntimeError
            If the calibration is not fitted.
        """
        if not hasattr(self, "n_columns_"):
            raise RuntimeError(f"This {type(self).__name__} is not fitted. Call fit.")
        shape = np.shape(prediction)
        columns, _ = probability_columns(np.asarray(prediction))
        if columns.shape[1] != self.n_columns_:
            raise ValueError(
                f"The calibration was fitted on {self.n_columns_} columns. "
                f"Got {columns.shape[1]}."
            )
        calibrated = self._predict(columns)
        if calibrated.shape[1] > 1:
            total = calibrated.sum(axis=1, keepdims=True)
            # If all are 0, the classes are equally probable.
            calibrated = np.where(
                total > 0,
                calibrated / np.where(total > 0, total, 1),
                1 / calibrated.shape[1],
            )
        if len(shape) == 1:
            return calibrated[:, 0]
        return (
            calibrated
            if shape[1] != 2
            else np.column_stack([1 - calibrated[:, 0], calibrated[:, 0]])
        )

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-ready dictionary for `read_calibration`."""
        return {
            "method": self.name,
            "n_columns": self.n_columns_,
            "parameters": self._parameters(),
        }

    @abstractmethod
    def _fit(
        self,
        columns: FloatArray,
        codes: IntArray,
        weight: FloatArray | None,
        n_threads: int,
    ) -> None: ...

    @abstractmethod
    def _predict(self, columns: FloatArray) -> FloatArray: ...

    @abstractmethod
    def _parameters(self) -> Any: ...

    @abstractmethod
    def _restore(self, parameters: Any) -> None: ...


class NoCalibration(Calibration):
    """The identity map.

    Examples
    --------
    >>> NoCalibration().fit([0.2, 0.7], [0, 1]).predict([0.4])
    array([0.4])
    """

    name = "none"

    def _fit(self, *_: Any) -> None:
        pass

    def _predict(self, columns: FloatArray) -> FloatArray:
        return columns.copy()

    def _parameters(self) -> Any:
        return None

    def _restore(self, parameters: Any) -> None:
        del parameters


class IsotonicCalibration(Calibration):
    """Isotonic regression of the outcomes, by pooling adjacent violators.

    The map can have any increasing form, and needs some thousand rows. It interpolates
    linearly between its points, as in scikit-learn.

    Examples
    --------
    >>> calibration = IsotonicCalibration().fit([0.1, 0.3, 0.6, 0.9], [0, 1, 0, 1])
    >>> calibration.predict([0.45, 0.75])
    array([0.5 , 0.75])
    """

    name = "isotonic"

    def _fit(
        self,
        columns: FloatArray,
        codes: IntArray,
        weight: FloatArray | None,
        n_threads: int,
    ) -> None:
        del n_threads
        self.corners_ = [
            _core.fit_isotonic(np.ascontiguousarray(column), target, weight)
            for column, target in _one_against_rest(columns, codes)
        ]

    def _predict(self, columns: FloatArray) -> FloatArray:
        calibrated = [
            np.interp(column, *corners)
            for column, corners in zip(columns.T, self.corners_, strict=True)
        ]
        return np.column_stack(calibrated)

    def _parameters(self) -> Any:
        return [[part.tolist() for part in corners] for corners in self.corners_]

    def _restore(self, parameters: Any) -> None:
        self.corners_ = [(plain(x), plain(y)) for x, y in parameters]


class _Logistic(Calibration):
    """A logistic function of features of the probability."""

    coefficients_: list[FloatArray]

    def _predict(self, columns: FloatArray) -> FloatArray:
        calibrated = [
            _sigmoid(coefficients[:-1] @ self._features(column) + coefficients[-1])
            for column, coefficients in zip(columns.T, self.coefficients_, strict=True)
        ]
        return np.column_stack(calibrated)

    def _parameters(self) -> Any:
        return [coefficients.tolist() for coefficients in self.coefficients_]

    def _restore(self, parameters: Any) -> None:
        self.coefficients_ = [plain(coefficients) for coefficients in parameters]

    @abstractmethod
    def _features(self, column: FloatArray) -> NDArray[np.float64]: ...


class PlattCalibration(_Logistic):
    """A logistic function of the log odds, with two parameters [1]_.

    Outcomes are shrunk towards one half, as if each class had one more row. Otherwise,
    the odds of perfectly separated classes would be infinite.

    References
    ----------
    .. [1] J. Platt, "Probabilistic outputs for support vector machines", 1999.

    Examples
    --------
    >>> calibration = PlattCalibration().fit([0.9, 0.9, 0.9, 0.1], [1, 1, 0, 0])
    >>> calibration.predict([0.9]).round(2)
    array([0.58])
    """

    name = "platt"

    def _fit(
        self,
        columns: FloatArray,
        codes: IntArray,
        weight: FloatArray | None,
        n_threads: int,
    ) -> None:
        self.coefficients_ = [
            _core.fit_logistic(
                self._features(column), _smoothed(target, weight), weight, n_threads
            )
            for column, target in _one_against_rest(columns, codes)
        ]

    def _features(self, column: FloatArray) -> NDArray[np.float64]:
        return _log_odds(column)[np.newaxis]


class BetaCalibration(_Logistic):
    """A ratio of beta distributions, with three parameters [1]_.

    The map is logistic in ``ln p`` and ``-ln(1 - p)``, with non-negative coefficients,
    so it is increasing. Unlike Platt's, it can bend one end of the scale alone. Like
    Platt's, it can be the identity.

    References
    ----------
    .. [1] M. Kull et al., "Beta calibration", AISTATS 2017.

    Examples
    --------
    >>> calibration = BetaCalibration().fit([0.9, 0.9, 0.9, 0.1, 0.2], [1, 1, 0, 0, 0])
    >>> bool(calibration.predict([0.9])[0] < 0.9)
    True
    """

    name = "beta"

    def _fit(
        self,
        columns: FloatArray,
        codes: IntArray,
        weight: FloatArray | None,
        n_threads: int,
    ) -> None:
        self.coefficients_ = []
        for column, target in _one_against_rest(columns, codes):
            features = self._features(column)
            target = _smoothed(target, weight)
            coefficients = _core.fit_logistic(features, target, weight, n_threads)
            if coefficients[0] < 0 or coefficients[1] < 0:
                kept = int(coefficients[0] < 0)
                feature = np.ascontiguousarray(features[kept : kept + 1])
                slope, constant = _core.fit_logistic(feature, target, weight, n_threads)
                coefficients = np.zeros(3)
                # If the single feature falls too, the map is the share of the class.
                coefficients[kept], coefficients[2] = max(0.0, slope), constant
                if slope < 0:
                    mean = float(np.average(target, weights=weight))
                    coefficients[2] = np.log(mean / (1 - mean))
            self.coefficients_.append(coefficients)

    def _features(self, column: FloatArray) -> NDArray[np.float64]:
        p = np.clip(column, _CLIP, 1 - _CLIP)
        return np.stack([np.log(p), -np.log1p(-p)])


class TemperatureCalibration(Calibration):
    """One factor of all log probabilities, which keeps the order of classes [1]_.

    References
    ----------
    .. [1] C. Guo et al., "On calibration of modern neural networks", ICML 2017.

    Examples
    --------
    >>> p = [0.9, 0.9, 0.9, 0.9]
    >>> TemperatureCalibration().fit(p, [1, 1, 1, 0]).predict(p[:1]).round(4)
    array([0.75])
    """

    name = "temperature"

    def _fit(
        self,
        columns: FloatArray,
        codes: IntArray,
        weight: FloatArray | None,
        n_threads: int,
    ) -> None:
        self.factor_ = _core.fit_temperature(columns, codes, weight, n_threads)

    def _predict(self, columns: FloatArray) -> FloatArray:
        if columns.shape[1] == 1:
            return _sigmoid(self.factor_ * _log_odds(columns))
        logs = self.factor_ * np.log(np.maximum(columns, _CLIP))
        shares = np.exp(logs - logs.max(axis=1, keepdims=True))
        return np.asarray(shares / shares.sum(axis=1, keepdims=True))

    def _parameters(self) -> Any:
        return float(self.factor_)

    def _restore(self, parameters: Any) -> None:
        self.factor_ = float(parameters)


_METHODS: Mapping[str, type[Calibration]] = {
    kind.name: kind
    for kind in (
        NoCalibration,
        TemperatureCalibration,
        PlattCalibration,
        BetaCalibration,
        IsotonicCalibration,
    )
}


def read_calibration(stored: Mapping[str, Any]) -> Calibration:
    """Return the calibration of a dictionary that `Calibration.to_dict` returned.

    Raises
    ------
    ValueError
        If the dictionary is invalid.

    Examples
    --------
    >>> stored = PlattCalibration().fit([0.2, 0.7, 0.6], [0, 1, 0]).to_dict()
    >>> read_calibration(stored).to_dict() == stored
    True
    """
    try:
        calibration = _METHODS[stored["method"]]()
        calibration._restore(stored["parameters"])
        calibration.n_columns_ = int(stored["n_columns"])
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"A stored calibration cannot be read: {error!r}") from error
    return calibration


@dataclass(frozen=True)
class CalibrationChoice:
    """The calibration with the lowest out-of-fold log loss.

    Parameters
    ----------
    best : Calibration
        The best calibration, fitted on all rows.
    log_losses : dict of str to float
        Cross-fitted log loss of each method.
    prediction : ndarray
        Cross-fitted predictions of the best method.
    """

    best: Calibration
    log_losses: dict[str, float]
    prediction: FloatArray


def choose_calibration(
    prediction: Any,
    y: Any,
    weight: Any | None = None,
    *,
    methods: Sequence[str] = tuple(_METHODS),
    folds: Folds | None = None,
    seed: int = 0,
    n_threads: int = 1,
) -> CalibrationChoice:
    """Return the method with the lowest out-of-fold log loss.

    Parameters
    ----------
    prediction, y, weight
        As in `Calibration.fit`, with out-of-fold predictions.
    methods : sequence of {"none", "temperature", "platt", "beta", "isotonic"}
        By default all methods. The first one wins a tie.
    folds : Folds or None, default=None
        Folds of the cross-fit; by default 5 stratified folds. Rows that no fold holds
        out are only used for training.
    seed : int, default=0
    n_threads : int, default=1

    Raises
    ------
    ValueError
        If a method is unknown, or shapes are inconsistent.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> true = rng.uniform(0.05, 0.95, 2000)
    >>> y = (rng.uniform(size=2000) < true).astype(int)
    >>> sharp = true**3 / (true**3 + (1 - true) ** 3)
    >>> choose_calibration(sharp, y, methods=("none", "temperature")).best.name
    'temperature'
    """
    unknown = [name for name in methods if name not in _METHODS]
    if unknown or not methods:
        raise ValueError(
            f"Unknown calibration methods {unknown}. Expected some of {[*_METHODS]}."
        )
    columns, n_classes = probability_columns(np.asarray(prediction))
    codes = class_codes(y, n_classes, None)
    weights = None if weight is None else plain(weight)
    if folds is None:
        folds = stratified_folds(codes, min(5, len(codes)), seed=seed)
    if folds.n_rows != len(codes):
        raise ValueError(
            f"The folds must have {len(codes)} rows. Got {folds.n_rows} instead."
        )
    losses, predictions = {}, {}
    for name in methods:
        losses[name], predictions[name] = _cross_fit(
            _METHODS[name], columns, codes, weights, folds, n_threads
        )
    winner = min(methods, key=losses.__getitem__)
    best = _METHODS[winner]().fit(columns, codes, weights, n_threads=n_threads)
    winning_prediction = predictions[winner]
    has_two_columns = np.ndim(prediction) == 2 and np.shape(prediction)[1] == 2
    if np.ndim(prediction) == 1:
        winning_prediction = winning_prediction[:, 0]
    elif has_two_columns:
        winning_prediction = np.column_stack(
            [1 - winning_prediction[:, 0], winning_prediction[:, 0]]
        )
    return CalibrationChoice(best, losses, winning_prediction)


def _cross_fit(
    kind: type[Calibration],
    columns: FloatArray,
    codes: IntArray,
    weight: FloatArray | None,
    folds: Folds,
    n_threads: int,
) -> tuple[float, FloatArray]:
    """Return the out-of-fold log loss, and the mean prediction of each row."""
    total = np.zeros_like(columns)
    counts = np.zeros(len(codes))
    for train, held_out in folds.split():
        fitted = kind().fit(
            columns[train],
            codes[train],
            None if weight is None else weight[train],
            n_threads=n_threads,
        )
        total[held_out] += fitted.predict(columns[held_out])
        counts[held_out] += 1
    covered = np.flatnonzero(counts)
    prediction = np.full_like(columns, np.nan)
    prediction[covered] = total[covered] / counts[covered, np.newaxis]
    loss = _core.score_classes(
        "log_loss",
        np.ascontiguousarray(codes[covered]),
        np.ascontiguousarray(prediction[covered]),
        None if weight is None else np.ascontiguousarray(weight[covered]),
        n_threads,
    )
    return loss, prediction


def _one_against_rest(
    columns: FloatArray, codes: IntArray
) -> list[tuple[FloatArray, FloatArray]]:
    if columns.shape[1] == 1:
        return [(np.ascontiguousarray(columns[:, 0]), (codes == 1).astype(np.float64))]
    return [
        (np.ascontiguousarray(column), (codes == code).astype(np.float64))
        for code, column in enumerate(columns.T)
    ]


def _smoothed(target: FloatArray, weight: FloatArray | None) -> FloatArray:
    """Return Platt's outcomes, shrunk towards one half, more with fewer rows."""
    ones = float(target.sum() if weight is None else (weight * target).sum())
    zeros = float(target.size if weight is None else weight.sum()) - ones
    return np.where(target > 0.5, (ones + 1) / (ones + 2), 1 / (zeros + 2))


def _log_odds(p: FloatArray) -> FloatArray:
    clipped = np.clip(p, _CLIP, 1 - _CLIP)
    return np.asarray(np.log(clipped) - np.log1p(-clipped))


def _sigmoid(z: FloatArray) -> FloatArray:
    small = np.exp(-np.abs(z))
    return np.asarray(np.where(z >= 0, 1.0, small) / (1.0 + small))
