"""The features that the transforms of an ensemble made and selected, for reports."""

from collections.abc import Iterable
from dataclasses import replace

from headstart.base import MadeFeature
from headstart.ensemble.bagged import BaggedEnsemble

__all__ = ["made_features"]


def made_features(ensemble: BaggedEnsemble) -> list[MadeFeature]:
    """Return the features that transforms made or selected, over all fold models.

    Folds may differ: a feature is listed if any fold made it. Its gain is the mean over
    the folds that measured it. A column counts as kept if at least half of the folds
    that decided on it kept it. The largest gain comes first.

    Notes
    -----
    Each fitted step of the ensemble is read once. A transform whose `explain` fails or
    returns nothing adds no feature.
    """
    names = dict.fromkeys(
        name
        for member in ensemble.members
        for fit in member.fits
        for name in fit.transforms
    )
    features_by_key: dict[tuple[str, str], list[MadeFeature]] = {}
    for name in names:
        step, features = ensemble.explain_step(name)
        for feature in features:
            features_by_key.setdefault((step, feature.name), []).append(feature)
    merged = [_merged(features) for features in features_by_key.values()]
    return sorted(merged, key=lambda f: (not f.kept, -(f.gain or 0.0), f.name))


def _merged(features: list[MadeFeature]) -> MadeFeature:
    kept = _mean(float(f.kept) for f in features)
    gain = _mean(f.gain for f in features if f.gain is not None)
    first = next((f for f in features if f.kept == (kept >= 0.5)), features[0])
    return replace(first, kept=kept >= 0.5, gain=gain if gain == gain else None)


def _mean(values: Iterable[float]) -> float:
    present = list(values)
    return sum(present) / len(present) if present else float("nan")
