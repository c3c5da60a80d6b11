"""The meta-learner: precedents weighted by similarity, then by the run's results."""

from headstart.meta.advice.adviser import Advice, Adviser, Method, Study

__all__ = ["Advice", "Adviser", "Method", "Study"]
