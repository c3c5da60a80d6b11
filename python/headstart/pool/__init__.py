"""A pool of worker processes that can be killed one by one, with enforced limits.

It is generic: calls are functions and arguments, and it imports only the exceptions of
headstart.
"""

from headstart.pool.pool import WorkerPool

__all__ = ["WorkerPool"]
