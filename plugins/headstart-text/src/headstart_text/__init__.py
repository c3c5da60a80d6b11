"""Topics of text columns as a transform of headstart."""

from collections.abc import Callable

from headstart.sdk import Transform, hookimpl
from headstart_text.transform import TextSvd

__all__ = ["HEADSTART_API_VERSION", "TextSvd", "register_transforms"]

HEADSTART_API_VERSION = 2


@hookimpl
def register_transforms(register: Callable[[Transform], None]) -> None:
    """Offer topics of text to headstart."""
    register(TextSvd())
