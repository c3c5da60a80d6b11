"""Damaged parts of stored models."""

from collections.abc import Iterator

from headstart.base import Parts

__all__ = ["damaged"]

_HOSTILE = b"cos\nsystem\n(S'true'\ntR."


def damaged(parts: Parts) -> Iterator[tuple[str, Parts]]:
    """Yield damaged forms of `parts`, each with a description."""
    yield "no parts", {}
    yield "parts of something else", {"model.pickle": _HOSTILE}
    for name, data in parts.items():
        yield (
            f"parts without {name!r}",
            {key: part for key, part in parts.items() if key != name},
        )
        for description, content in (
            ("empty", b""),
            ("all zeros", b"\x00" * 64),
            ("a pickle", _HOSTILE),
            ("cut in half", data[: len(data) // 2]),
            ("a byte short", data[:-1]),
        ):
            yield f"a {name!r} that is {description}", {**parts, name: content}
