"""A pool of worker processes that can be killed one by one, with limits that are kept.

It is generic: calls are functions and arguments, and of headstart it imports the
exceptions only.
"""

from headstart.pool.pool import WorkerPool

__all__ = ["WorkerPool"]
