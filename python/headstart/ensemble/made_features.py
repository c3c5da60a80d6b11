"""What the transforms of an ensemble made and chose, in words: for reports."""

from collections.abc import Iterable
from dataclasses import replace

from headstart.base import MadeFeature
from headstart.ensemble.bagged import BaggedEnsemble

__all__ = ["made_features"]


def made_features(ensemble: BaggedEnsemble) -> list[MadeFeature]:
    """Return the features that transforms made or decided on, over all fold models.

    Folds may differ in what they made: a feature is there if any made it. Its gain is
    the mean over those that measured it; a column counts as kept where at least half
    of those that decided on it kept it. The largest gain comes first.

    Notes
    -----
    Each fitted step of the ensemble is read once. Transforms that explain nothing add
    nothing, and one that fails to explain itself neither.
    """
    names = dict.fromkeys(
        name
        for member in ensemble.members
        for fit in member.fits
        for name in fit.transforms
    )
    told: dict[tuple[str, str], list[MadeFeature]] = {}
    for name in names:
        step, features = ensemble.explain_step(name)
        for feature in features:
            told.setdefault((step, feature.name), []).append(feature)
    merged = [_merged(features) for features in told.values()]
    return sorted(merged, key=lambda f: (not f.kept, -(f.gain or 0.0), f.name))


def _merged(features: list[MadeFeature]) -> MadeFeature:
    kept = _mean(float(f.kept) for f in features)
    gain = _mean(f.gain for f in features if f.gain is not None)
    first = next((f for f in features if f.kept == (kept >= 0.5)), features[0])
    return replace(first, kept=kept >= 0.5, gain=gain if gain == gain else None)


def _mean(values: Iterable[float]) -> float:
    known = list(values)
    return sum(known) / len(known) if known else float("nan")
