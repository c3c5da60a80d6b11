"""Versions of the software that made a model file."""

import platform
from collections.abc import Iterable, Mapping

from headstart.version import __version__

__all__ = ["installed_version", "version_differences", "versions_of_makers"]

_LIBRARIES = ("numpy", "polars", "scikit-learn", "scipy", "skops")


def installed_version(distribution: str) -> str | None:
    """Return the version of an installed distribution, or None, without importing it.

    Examples
    --------
    >>> installed_version("no-such-distribution") is None
    True
    """
    from importlib.metadata import PackageNotFoundError, version

    if distribution == "headstart":  # which may be imported from its sources
        return __version__
    try:
        return version(distribution)
    except PackageNotFoundError:
        return None


def versions_of_makers(distributions: Iterable[str] = ()) -> dict[str, str]:
    """Return versions of headstart, Python and the libraries that affect a model.

    Parameters
    ----------
    distributions : iterable of str
        Further distributions: plugins whose learners are in the model.

    Returns
    -------
    dict of str to str
        ``"headstart"`` and ``"python"`` are always present; distributions that are not
        installed are absent.
    """
    versions = {
        "headstart": __version__,
        "python": platform.python_version(),
    }
    for name in sorted({*_LIBRARIES, *distributions} - set(versions)):
        version = installed_version(name)
        if version is not None:
            versions[name] = version
    return versions


def version_differences(
    made_by: Mapping[str, str],
) -> dict[str, tuple[str, str | None]]:
    """Return the distributions whose installed version differs from the model's.

    Parameters
    ----------
    made_by : mapping of str to str
        Result of `versions_of_makers` when the model was saved.

    Returns
    -------
    dict of str to (str, str or None)
        Version then and version now, None where it is not installed. Of Python,
        the first two numbers are compared.

    Examples
    --------
    >>> version_differences({"no-such-distribution": "1.0"})
    {'no-such-distribution': ('1.0', None)}
    """
    differences: dict[str, tuple[str, str | None]] = {}
    for name, then in made_by.items():
        if name == "python":
            now: str | None = platform.python_version()
            is_same = then.split(".")[:2] == platform.python_version().split(".")[:2]
        else:
            now = installed_version(name)
            is_same = then == now
        if not is_same:
            differences[name] = (then, now)
    return differences
