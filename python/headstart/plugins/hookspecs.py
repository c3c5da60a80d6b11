"""What a plugin can add to headstart.

A plugin is a module (or any object) with functions marked by `hookimpl`, named by an
entry point of the group ``headstart``::

    from headstart.plugins import hookimpl


    @hookimpl
    def register_learners(register):
        register(MyLearner())
"""

from typing import Protocol

import pluggy

from headstart.base.learner import Learner

__all__ = [
    "API_VERSION",
    "PROJECT",
    "RegisterLearner",
    "hookimpl",
    "hookspec",
    "register_learners",
]

PROJECT = "headstart"

#: Raised when a hook or the learner protocol changes in a way that breaks plugins. A
#: plugin states the version it was built for as ``HEADSTART_API_VERSION`` in its
#: module; one that states none was built for version 1.
API_VERSION = 1

hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


class RegisterLearner(Protocol):
    """The callback that `register_learners` is given."""

    def __call__(self, learner: Learner, /) -> None:
        """Add `learner`, an instance, to what can be searched."""


@hookspec
def register_learners(register: RegisterLearner) -> None:
    """Register learners.

    Called once in each process, at the first use of the registry. Should be quick:
    import the library behind a learner in its `fit`, not at the top of the module.

    Parameters
    ----------
    register : callable of ``(learner) -> None``
        To be called once for each learner. A name must be unique over all plugins.
    """
