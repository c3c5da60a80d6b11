"""The meta-learner: precedents weighted by likeness, then by what this run measured."""

from headstart.meta.advice.adviser import Advice, Adviser, Method, Study

__all__ = ["Advice", "Adviser", "Method", "Study"]
