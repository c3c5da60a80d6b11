"""Features that were made: by which transform, kept or not, and what they bought."""

import re
from dataclasses import replace

from headstart.base import Configuration, MadeFeature, Trial
from headstart.execution.steps import load_step
from headstart.facts import GeneratedFeature
from headstart.plugins import load_plugins
from headstart.search.record import RunRecord

__all__ = ["features_of"]

_MOST_COLUMNS = 40
_FOOTNOTE = re.compile(r" \[\d+\]_")


def features_of(record: RunRecord) -> tuple[GeneratedFeature, ...]:
    """Return an entry a transform that was tried, then the columns of those kept.

    The gain of a transform is the best score with it less that of the same
    configuration without it, on the same folds, above 0 where it helped. Columns are
    those of the first fold, since each makes its own, in the words of the transform.
    """
    trials = {t.configuration: t for t in record.result.trials if t.fold_losses}
    gains: dict[str, float | None] = {}
    for trial in trials.values():
        for step in trial.configuration.transforms:
            gain = _gain(trial, step.name, trials)
            best = gains.setdefault(step.name, gain)
            if gain is not None and (best is None or gain > best):
                gains[step.name] = gain
    kept = {
        step.name for m in record.bag.members for step in m.configuration.transforms
    }
    found = [
        GeneratedFeature(name, _what(record, name), name in kept, gain)
        for name, gain in gains.items()
    ]
    return (*found, *_columns(record))


def _what(record: RunRecord, name: str) -> str:
    """Return the first sentence that a transform's class says of itself."""
    offered = {**load_plugins().transforms, **record.bag.transforms}
    # Not `inspect.getdoc`: that of the base class would say what a transform is.
    text = (type(offered[name]).__doc__ or "") if name in offered else ""
    first = _FOOTNOTE.sub("", " ".join(text.strip().split("\n\n")[0].split()))
    return f"transform: {first}" if first else "transform"


def _gain(trial: Trial, name: str, trials: dict[Configuration, Trial]) -> float | None:
    without = replace(
        trial.configuration,
        transforms=tuple(s for s in trial.configuration.transforms if s.name != name),
    )
    other = trials.get(without)
    if other is None:
        return None
    shared = sorted(set(trial.fold_losses) & set(other.fold_losses))
    if not shared:
        return None
    gains = [other.fold_losses[u] - trial.fold_losses[u] for u in shared]
    return float(sum(gains) / len(gains))


def _columns(record: RunRecord) -> list[GeneratedFeature]:
    bag, found = record.bag, {}
    for member in bag.members:
        for name in member.fits[0].transforms:
            step = load_step(bag.store.transform(name), bag.transforms)
            words = f"made by {step.transform} of {_listed(step.scope)}"
            for column in step.made:
                found[column.name] = GeneratedFeature(
                    column.name, words, kept=True, gain=None
                )
            for told in bag.explain_step(name)[1]:
                found[told.name] = GeneratedFeature(
                    told.name, _words(told, step.transform), told.kept, None
                )
    return sorted(found.values(), key=lambda f: not f.kept)[:_MOST_COLUMNS]


def _words(told: MadeFeature, transform: str) -> str:
    """Return a transform's own words; a share, since gains are of the metric's loss."""
    if told.gain is None:
        return f"{told.words} ({transform})"
    return (
        f"{told.words} ({transform}; by itself {told.gain:.1%} of what single columns "
        "leave unexplained)"
    )


def _listed(names: tuple[str, ...]) -> str:
    shown = ", ".join(names[:4])
    return shown if len(names) <= 4 else f"{shown} and {len(names) - 4} more"
