"""The sampler as a source of proposals: Optuna's TPE sampler.

No state is kept between proposals: each is a function of the seed, its number and the
trials whose results may be used, so that a resumed run makes the same proposals as an
uninterrupted one.
"""

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from headstart.base import (
    Choice,
    Configuration,
    Float,
    Integer,
    Learner,
    Origin,
    ParameterValue,
    SearchSpace,
    Task,
    Trial,
)
from headstart.base.seeds import derived_seed
from headstart.machine.process_state import SharedContext, ignore_warnings
from headstart.search.propose.available import AvailableTransforms
from headstart.search.propose.context import Proposal, ProposalContext
from headstart.search.propose.gains import gains_of_transforms
from headstart.search.propose.joint_space import flattened, joint_space, unflattened
from headstart.search.propose.quarantine import still_unproven, transforms_in

if TYPE_CHECKING:
    import optuna

__all__ = ["propose", "sample_configuration"]

# Factor of a learner's probability per rank of its best trial.
_RANK_DECAY = 0.6
_ATTEMPTS = 8
_MOST_KNOWN = 40
# Configurations that are sampled at most until one fits into the time left.
_PROPOSALS = 4

Values = Mapping[int, float]


def propose(context: ProposalContext) -> Proposal | None:
    """Return a sampled configuration that fits.

    Parameters
    ----------
    context : ProposalContext
    """
    scope = context.scope
    # Of an unproven learner, only its own configurations are tried.
    excluded = context.excluded | still_unproven(context.trials, scope.unproven)
    gains = gains_of_transforms(context.trials, context.losses)
    helped = {
        name
        for name, gains_of_transform in gains.items()
        if max(gains_of_transform) > 0
    }
    transforms = context.transforms.without(transforms_in(excluded))
    transforms = transforms.only(transforms.at_once | helped)
    usable = {n: v for n, v in scope.learners.items() if n not in excluded}
    for attempt in range(_PROPOSALS):
        sampled = sample_configuration(
            scope.task,
            usable,
            context.trials,
            context.losses,
            number=context.number,
            seed=scope.seed + attempt,
            transforms=transforms,
        )
        if sampled is None:
            return None
        if context.fits(sampled):
            return Proposal(sampled, Origin.SAMPLER)
        # Too expensive for the time left: try the other learners.
        usable = {n: v for n, v in usable.items() if n != sampled.learner}
    return None


def sample_configuration(
    task: Task,
    learners: Mapping[str, Learner],
    trials: Sequence[Trial],
    values: Values,
    *,
    number: int,
    seed: int,
    transforms: AvailableTransforms | None = None,
) -> Configuration | None:
    """Return a sampled configuration that was not proposed yet.

    Parameters
    ----------
    learners : mapping of str to Learner
        Those that may be proposed.
    trials : sequence of Trial
        All trials so far: their configurations are not proposed again.
    values : mapping of int to float
        Loss per number of each finished trial, made comparable across folds.
    number : int
        Number of the trial to be proposed; with `seed` it fixes the random numbers.
    transforms : AvailableTransforms or None
        Transforms that may go before a learner.

    Returns
    -------
    Configuration or None
        None if no new configuration was drawn.
    """
    tried = {trial.configuration.key for trial in trials}
    random = np.random.default_rng(_seed(seed, number))
    transforms = transforms or AvailableTransforms(task)
    allowed = {
        name: transforms.before(v.search_space(task).default)
        for name, v in learners.items()
    }
    spaces = {name: joint_space(v, allowed[name]) for name, v in learners.items()}
    names = [
        name
        for name in _ranked(learners, trials, values)
        if spaces[name].distributions
        and (learners[name].max_rows or task.n_rows) >= task.n_rows
    ]
    while names:
        chances = _RANK_DECAY ** np.arange(len(names))
        name = names[int(random.choice(len(names), p=chances / chances.sum()))]
        own_trials = [t for t in trials if t.configuration.learner == name]
        points = {
            t.number: flattened(t.configuration, allowed[name]) for t in own_trials
        }
        with _quiet_optuna:
            study = _study(
                spaces[name], own_trials, points, values, int(random.integers(2**31))
            )
            for _ in range(_ATTEMPTS):
                point = _sample_point(study, spaces[name])
                sampled = unflattened(learners[name], task, point, allowed[name])
                if sampled.key not in tried:
                    return sampled
        names.remove(name)
    return None


@contextlib.contextmanager
def _without_optunas_log() -> Iterator[None]:
    # In a notebook, a dependency of Optuna warns that there are no widgets.
    with ignore_warnings():
        import optuna

    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    try:
        yield
    finally:
        optuna.logging.set_verbosity(before)


# The log level belongs to the process, and fits may run in several threads.
_quiet_optuna = SharedContext(_without_optunas_log)


def _ranked(
    learners: Mapping[str, Learner], trials: Sequence[Trial], values: Values
) -> list[str]:
    """Return the names of learners by their best loss; those without a trial last."""
    best: dict[str, float] = {}
    for trial in trials:
        name = trial.configuration.learner
        if trial.number in values and name in learners:
            best[name] = min(values[trial.number], best.get(name, np.inf))
    return sorted(learners, key=lambda name: (best.get(name, np.inf), name))


def _study(
    space: SearchSpace,
    trials: Sequence[Trial],
    points: Mapping[int, Mapping[str, ParameterValue]],
    values: Values,
    seed: int,
) -> "optuna.Study":
    import optuna

    sampler = optuna.samplers.TPESampler(
        seed=seed, n_startup_trials=3, n_ei_candidates=32
    )
    study = optuna.create_study(sampler=sampler)
    distributions = _distributions(space)
    finished = [trial for trial in trials if trial.number in values]
    if len(finished) > _MOST_KNOWN:
        # The best and the latest: adding all of them would take longer than many fits.
        ranked = sorted(finished, key=lambda t: (values[t.number], t.number))
        selected = {t.number for t in ranked[: _MOST_KNOWN // 2]}
        selected |= {t.number for t in finished[-_MOST_KNOWN // 2 :]}
        finished = [trial for trial in finished if trial.number in selected]
    for trial in finished:
        parameters = dict(points[trial.number])
        if all(
            name in space.distributions and value in space.distributions[name]
            for name, value in parameters.items()
        ):
            study.add_trial(
                optuna.trial.create_trial(
                    params=parameters,
                    distributions={name: distributions[name] for name in parameters},
                    value=values[trial.number],
                )
            )
    return study


def _sample_point(
    study: "optuna.Study", space: SearchSpace
) -> dict[str, ParameterValue]:
    trial = study.ask()
    parameters: dict[str, ParameterValue] = {}
    # Parents before the parameters that depend on them.
    for name in sorted(space.distributions, key=lambda n: n in space.conditions):
        if not space.is_active(name, parameters):
            continue
        distribution = space.distributions[name]
        match distribution:
            case Float(low, high, log):
                parameters[name] = trial.suggest_float(name, low, high, log=log)
            case Integer(low, high, log):
                parameters[name] = trial.suggest_int(name, low, high, log=log)
            case Choice():
                parameters[name] = trial.suggest_categorical(
                    name, list(distribution.options)
                )
    return parameters


def _distributions(space: SearchSpace) -> dict[str, Any]:
    import optuna

    distributions: dict[str, Any] = {}
    for name, distribution in space.distributions.items():
        match distribution:
            case Float(low, high, log):
                distributions[name] = optuna.distributions.FloatDistribution(
                    low, high, log=log
                )
            case Integer(low, high, log):
                distributions[name] = optuna.distributions.IntDistribution(
                    low, high, log=log
                )
            case Choice(options):
                distributions[name] = optuna.distributions.CategoricalDistribution(
                    options
                )
    return distributions


def _seed(seed: int, number: int) -> int:
    return derived_seed(f"sampler-{seed}-{number}", bits=64)
