"""Generated features: their transform, gain, and whether the ensemble uses them."""

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
    """Return one entry per evaluated transform, then the columns of the used ones.

    The gain of a transform is the largest decrease of the loss between two
    configurations that differ in this transform only, on the same folds. Columns are
    those of the first fold, since each fold fits its own transform.
    """
    trials = {t.configuration: t for t in record.result.trials if t.fold_losses}
    gains: dict[str, float | None] = {}
    for trial in trials.values():
        for step in trial.configuration.transforms:
            gain = _gain(trial, step.name, trials)
            best = gains.setdefault(step.name, gain)
            if gain is not None and (best is None or gain > best):
                gains[step.name] = gain
    in_model = {
        step.name for m in record.bag.members for step in m.configuration.transforms
    }
    entries = [
        GeneratedFeature(name, _description(record, name), name in in_model, gain)
        for name, gain in gains.items()
    ]
    return (*entries, *_columns(record))


def _description(record: RunRecord, name: str) -> str:
    """Return the first paragraph of the docstring of a transform's class."""
    available = {**load_plugins().transforms, **record.bag.transforms}
    # Not `inspect.getdoc`, which would return the docstring of the base class.
    text = (type(available[name]).__doc__ or "") if name in available else ""
    first = _FOOTNOTE.sub("", " ".join(text.strip().split("\n\n")[0].split()))
    return f"transform: {first}" if first else "transform"


def _gain(trial: Trial, name: str, trials: dict[Configuration, Trial]) -> float | None:
    without = replace(
        trial.configuration,
        transforms=tuple(s for s in trial.configuration.transforms if s.name != name),
    )
    trial_without = trials.get(without)
    if trial_without is None:
        return None
    shared = sorted(set(trial.fold_losses) & set(trial_without.fold_losses))
    if not shared:
        return None
    gains = [trial_without.fold_losses[u] - trial.fold_losses[u] for u in shared]
    return float(sum(gains) / len(gains))


def _columns(record: RunRecord) -> list[GeneratedFeature]:
    bag, by_name = record.bag, {}
    for member in bag.members:
        for name in member.fits[0].transforms:
            step = load_step(bag.store.transform(name), bag.transforms)
            words = f"made by {step.transform} of {_listed(step.scope)}"
            for column in step.made:
                by_name[column.name] = GeneratedFeature(
                    column.name, words, kept=True, gain=None
                )
            for feature in bag.explain_step(name)[1]:
                by_name[feature.name] = GeneratedFeature(
                    feature.name, _words(feature, step.transform), feature.kept, None
                )
    return sorted(by_name.values(), key=lambda f: not f.kept)[:_MOST_COLUMNS]


def _words(feature: MadeFeature, transform: str) -> str:
    """Return the description of a made feature, with its gain as a share."""
    if feature.gain is None:
        return f"{feature.words} ({transform})"
    return (
        f"{feature.words} ({transform}; alone it explains {feature.gain:.1%} of the "
        "variation that single columns leave unexplained)"
    )


def _listed(names: tuple[str, ...]) -> str:
    shown = ", ".join(names[:4])
    return shown if len(names) <= 4 else f"{shown} and {len(names) - 4} more"
