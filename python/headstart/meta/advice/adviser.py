"""The policy that chooses the next configuration, with its precedents.

1. Before this run has results: a greedy portfolio over the known datasets, weighted by
   their similarity to the table; gains are divided by predicted seconds to a power.
2. From `POSTERIOR_FROM` results on: the highest expected improvement given those
   results, divided by the same cost.
3. Cold start. With fewer than `FEWEST_DATASETS` datasets, or for a table that is not
   similar to any of them, all datasets have equal weights until there are results.
   Without any dataset there is no suggestion, and the caller uses its own order.

This order is for the best single configuration. For an order that serves the ensemble,
`Adviser._shares` would use the gain of a configuration in a weighted mean of the
evaluated ones.
"""

from collections.abc import Container, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from headstart.base import FloatArray, Precedent
from headstart.meta.advice.greedy import PREFERENCE, expected_gains
from headstart.meta.advice.posterior import RegretModel, expected_improvement
from headstart.meta.advice.regrets import CAP, Regrets, normalise_losses
from headstart.meta.advice.seconds import SecondsModel
from headstart.meta.advice.similarity import weigh_datasets
from headstart.meta.evidence import Evidence

__all__ = ["Advice", "Adviser", "Method", "Study"]

Method = Literal["portfolio", "posterior", "unweighted portfolio"]

# Number of finite results from which on the posterior is used: one has no differences.
POSTERIOR_FROM = 2
# With fewer datasets, similarity to some of them is not informative.
FEWEST_DATASETS = 10
# With fewer datasets the covariance cannot be estimated. With this number, the results
# of the run are already more informative than the portfolio.
_FEWEST_FOR_POSTERIOR = 4
# Maximum number of precedents of a suggestion.
_N_PRECEDENTS = 5


@dataclass(frozen=True, slots=True)
class Advice:
    """A configuration to try next.

    Parameters
    ----------
    index : int
        Index into the evidence's configurations.
    expected_gain : float
        In regret: 1 is the difference between the best and the median configuration.
    predicted_seconds : float
        Predicted seconds of one fold fit on this machine.
    value : float
        The expected gain per cost; see `Adviser.value`.
    method : {"portfolio", "posterior", "unweighted portfolio"}
    precedents : tuple of Precedent
        At most five datasets on which the configuration was evaluated, in order of
        their weights.
    """

    index: int
    expected_gain: float
    predicted_seconds: float
    value: float
    method: Method
    precedents: tuple[Precedent, ...]


class Study:
    """Statistics of the evidence that do not depend on the table.

    Parameters
    ----------
    evidence : Evidence
    """

    def __init__(self, evidence: Evidence) -> None:
        self.evidence = evidence
        learners = [c.learner for c in evidence.configurations]
        names = sorted(set(learners))
        self.regrets: Regrets = normalise_losses(evidence.losses)
        self.seconds = SecondsModel(
            evidence.seconds,
            evidence.n_rows,
            evidence.n_features,
            learners,
            np.isposinf(evidence.losses),
        )
        self.model: RegretModel | None = None
        if len(self.regrets.datasets) >= _FEWEST_FOR_POSTERIOR:
            groups = np.array([names.index(n) for n in learners], dtype=np.int64)
            self.model = RegretModel(self.regrets, groups, is_proxy=evidence.is_proxy)


class Adviser:
    """Chooses the next configuration for a table.

    The result depends on the arguments only: there are no random numbers, and ties go
    to the lower index.

    Parameters
    ----------
    evidence : Evidence or Study
    features : mapping of str to float
        The table's meta-features by the evidence's names; may be empty.
    n_rows, n_features : float
        Training rows of a fold fit, and columns.
    cost_exponent : float, default=0.8
        Gains are divided by predicted seconds to this power; with 0 the cost is
        ignored. Between 0.8 and 1.3 the exponent makes little difference.
    overhead_seconds : float, default=0.0
        Constant seconds that every fold fit takes in addition.

    Attributes
    ----------
    notes : tuple of str
        Messages on evidence that is not used, with the reason.
    """

    def __init__(
        self,
        evidence: Evidence | Study,
        features: Mapping[str, float],
        n_rows: float,
        n_features: float,
        *,
        cost_exponent: float = 0.8,
        overhead_seconds: float = 0.0,
    ) -> None:
        if not cost_exponent >= 0:
            raise ValueError(
                "The 'cost_exponent' parameter of Adviser must be a number >= 0. "
                f"Got {cost_exponent!r} instead."
            )
        if not overhead_seconds >= 0:
            raise ValueError(
                "The 'overhead_seconds' parameter of Adviser must be a number >= 0. "
                f"Got {overhead_seconds!r} instead."
            )
        self._study = evidence if isinstance(evidence, Study) else Study(evidence)
        self._evidence = self._study.evidence
        self._exponent = cost_exponent
        self._overhead = overhead_seconds
        self._log_seconds = self._study.seconds.predict(n_rows, n_features)
        regrets = self._study.regrets
        n_datasets = len(regrets.datasets)
        notes = []
        self._weights: FloatArray = np.full(n_datasets, 1.0 / max(n_datasets, 1))
        self._is_weighted = n_datasets >= FEWEST_DATASETS
        if n_datasets == 0:
            notes.append(
                "Cold start: the knowledge base has no dataset that compares "
                f"configurations by {self._evidence.metric}."
            )
        elif not self._is_weighted:
            notes.append(
                f"Unweighted: the knowledge base has only {n_datasets} datasets with "
                f"{self._evidence.metric}; similarity counts from {FEWEST_DATASETS} on."
            )
        else:
            similarity = weigh_datasets(
                self._evidence, regrets.datasets, features, n_rows, n_features
            )
            self._weights = similarity.weights
            if similarity.is_far:
                self._is_weighted = False
                notes.append(
                    "Unweighted: the table is not similar to any dataset of the "
                    "knowledge base."
                )
        if n_datasets and self._evidence.is_proxy:
            notes.append(
                f"Precedents are ranked by {self._evidence.metric}, the closest metric "
                "that the knowledge base has."
            )
        self.notes = tuple(notes)

    def similarities(self) -> list[tuple[str, float]]:
        """Return the known datasets with their shares in the weight, largest first.

        The shares are equal if similarity to the table is not used.
        """
        order = np.argsort(-self._weights, kind="stable")
        total = float(self._weights.sum()) or 1.0
        datasets = self._study.regrets.datasets
        return [
            (self._evidence.names[int(datasets[i])], float(self._weights[i]) / total)
            for i in order
        ]

    def next(
        self,
        observed: Mapping[int, float],
        *,
        available: Container[int] | NDArray[np.bool_],
        seconds_scale: float = 1.0,
        measured_seconds: Mapping[int, float] | None = None,
    ) -> Advice | None:
        """Return the configuration to try next.

        Parameters
        ----------
        observed : mapping of int to float
            Loss in this run per index of a configuration; +inf for a failure.
        available : container of int, or ndarray of bool of shape (n_configurations,)
            Configurations that may be chosen; those in `observed` are excluded.
        seconds_scale : float, default=1.0
            Ratio of a fold fit's seconds on this machine to those in the evidence.
        measured_seconds : mapping of int to float, optional
            Mean seconds of a fold fit in this run, per index of a configuration; they
            correct the predictions for the others.

        Returns
        -------
        Advice or None
            None if nothing is available, or there is no evidence.

        Raises
        ------
        ValueError
            If an index is not one of the evidence's, or a loss is NaN or -inf.
        """
        self._check(observed)
        regrets = self._study.regrets
        allowed = self._allowed(observed, available)
        if len(regrets.datasets) == 0 or not allowed.any():
            return None
        shares, method = self._shares(observed)
        gains = shares.sum(axis=0)
        logs = self._study.seconds.correct(
            self._log_seconds + np.log(seconds_scale), measured_seconds or {}
        )
        spare = PREFERENCE * (CAP - self._weights @ regrets.values)
        seconds = np.exp(logs)
        # The logarithm of gain / seconds^exponent.
        log_cost = self._exponent * np.log(seconds + self._overhead)
        # Rounding may make a gain of zero negative.
        value = np.log(np.maximum(gains + spare, 0.0) + 1e-300) - log_cost
        index = int(np.argmax(np.where(allowed, value, -np.inf)))
        return Advice(
            index,
            float(gains[index]),
            float(seconds[index]),
            self.value(float(gains[index]), float(seconds[index])),
            method,
            self._precedents(index, shares[:, index]),
        )

    def value(self, gain: float, seconds: float) -> float:
        """Return a gain per cost: divided by seconds to the power `cost_exponent`."""
        return float(gain / (seconds + self._overhead) ** self._exponent)

    def unproven_gain(
        self, observed: Mapping[int, float], like: Container[str]
    ) -> float:
        """Return the expected gain of a configuration without results in the evidence.

        On each known dataset its regret is assumed to be that of the favourite of one
        of the learners in `like`, with equal probability: the learner's configuration
        with the lowest mean regret.

        Parameters
        ----------
        observed : mapping of int to float
            As for `next`.
        like : container of str
            Names of learners.

        Returns
        -------
        float
            In regret, as `Advice.expected_gain`; 0 if there is no evidence.
        """
        self._check(observed)
        regrets = self._study.regrets.values
        favourites = self._favourites(like)
        if not len(regrets) or not favourites:
            return 0.0
        finite = [i for i in sorted(observed) if np.isfinite(observed[i])]
        weights, best = self._weights, np.min(regrets[:, finite], axis=1, initial=CAP)
        model = self._study.model
        if model is not None and len(finite) >= POSTERIOR_FROM:
            conditioned = model.condition(self._weights, observed)
            weights, best = conditioned.weights, conditioned.best
        gains = np.maximum(best[:, None] - regrets[:, favourites], 0.0)
        return float(weights @ gains.mean(axis=1))

    def _favourites(self, like: Container[str]) -> list[int]:
        """Return the configuration of lowest mean regret of each learner in `like`."""
        means = self._weights @ self._study.regrets.values
        favourites: dict[str, int] = {}
        for index, configuration in enumerate(self._evidence.configurations):
            name = configuration.learner
            if (
                name in like
                and means[index] < means[favourites.setdefault(name, index)]
            ):
                favourites[name] = index
        return sorted(favourites.values())

    def seconds(self, index: int, *, seconds_scale: float = 1.0) -> float:
        """Return predicted seconds of a fold fit, without measurements of this run."""
        return float(np.exp(self._log_seconds[index])) * seconds_scale

    def _shares(self, observed: Mapping[int, float]) -> tuple[FloatArray, Method]:
        """Return expected gains by dataset and configuration, and the method."""
        regrets = self._study.regrets.values
        finite = [i for i in sorted(observed) if np.isfinite(observed[i])]
        model = self._study.model
        if model is not None and len(finite) >= POSTERIOR_FROM:
            conditioned = model.condition(self._weights, observed)
            return expected_improvement(conditioned), "posterior"
        # A failure raises the weights of datasets on which the configuration was bad.
        failed = [i for i in sorted(observed) if not np.isfinite(observed[i])]
        weights = self._weights * np.exp(regrets[:, failed].sum(axis=1))
        shares = expected_gains(
            regrets, weights / weights.sum(), np.array(finite, dtype=np.int64)
        )
        return shares, "portfolio" if self._is_weighted else "unweighted portfolio"

    def _precedents(self, index: int, shares: FloatArray) -> tuple[Precedent, ...]:
        """Return the datasets with the largest shares in a configuration's gain."""
        regrets = self._study.regrets
        evaluated = np.where(regrets.known[:, index], shares, 0.0)
        total = shares.sum()
        precedents = []
        for place in np.argsort(-evaluated, kind="stable")[:_N_PRECEDENTS]:
            if evaluated[place] <= 0:
                break
            dataset = int(regrets.datasets[place])
            losses = self._evidence.losses[dataset]
            rank = 1 + int((losses < losses[index]).sum())
            precedents.append(
                Precedent(
                    self._evidence.names[dataset],
                    float(evaluated[place] / total),
                    rank,
                    int((~np.isnan(losses)).sum()),
                )
            )
        return tuple(precedents)

    def _allowed(
        self,
        observed: Mapping[int, float],
        available: Container[int] | NDArray[np.bool_],
    ) -> NDArray[np.bool_]:
        n = len(self._evidence.configurations)
        if isinstance(available, np.ndarray):
            allowed = available.astype(bool)
            if allowed.shape != (n,):
                raise ValueError(
                    "The 'available' parameter of Adviser.next must have one entry per "
                    f"configuration, shape ({n},). Got {allowed.shape} instead."
                )
        else:
            allowed = np.array([i in available for i in range(n)], dtype=bool)
        allowed[list(observed)] = False
        return allowed

    def _check(self, observed: Mapping[int, float]) -> None:
        n = len(self._evidence.configurations)
        for index, loss in observed.items():
            if not 0 <= index < n:
                raise ValueError(
                    "The 'observed' parameter of Adviser.next must have indices of "
                    f"configurations, 0 to {n - 1}. Got {index!r} instead."
                )
            if np.isnan(loss) or loss == -np.inf:
                raise ValueError(
                    "The 'observed' parameter of Adviser.next must have losses that "
                    "are numbers, or +inf for a failure. "
                    f"Configuration {index} has {loss!r}."
                )
