"""Topics of text columns as a transform of headstart."""

from collections.abc import Callable

from headstart.base import Transform
from headstart.plugins import hookimpl
from headstart_text.topics import ColumnTopics
from headstart_text.transform import TextSvd

__all__ = ["ColumnTopics", "TextSvd", "register_transforms"]


@hookimpl
def register_transforms(register: Callable[[Transform], None]) -> None:
    """Offer topics of text to headstart."""
    register(TextSvd())
