"""Seeds derived from names, so that they do not depend on the order of the work."""

import hashlib

__all__ = ["derived_seed"]


def derived_seed(name: str, bits: int = 31) -> int:
    """Return a seed derived from a name, the same in every process and version.

    Parameters
    ----------
    name : str
        Everything that the seed depends on, such as the run's seed and a trial's key.
    bits : int
        The seed is in ``0 .. 2**bits - 1``, 64 bits at most.

    Examples
    --------
    >>> derived_seed("7-pca")
    1518653724
    """
    number = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "little")
    if bits > 32:
        return number >> (64 - bits)
    return (number & 0xFFFFFFFF) >> (32 - bits)
