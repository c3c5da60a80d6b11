"""Terms of texts: words, pairs of words, or runs of characters."""

import re
from itertools import pairwise

__all__ = ["MAX_CHARACTERS", "NGRAMS", "terms_of", "words_of"]

#: What counts as a term.
NGRAMS = ("words", "word_pairs", "characters")
#: Characters of a text that are read: the rest is expensive and adds little.
MAX_CHARACTERS = 20_000
_LENGTHS = range(2, 6)  # of runs of characters
_MAX_WORD = 200  # characters; longer ones are data, not words
# Scripts without spaces between words: Thai and Lao, Burmese, Khmer, kana, Han.
_SPACELESS = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf"
    "\u4e00-\u9fff\uf900-\ufaff\uff66-\uff9d\U00020000-\U0003ffff"
)
_WORD = re.compile(r"\w\w+")
_WORD_OR_RUN = re.compile(rf"[{_SPACELESS}]+|[^\W{_SPACELESS}]{{2,}}")
_SPACELESS_START = re.compile(f"[{_SPACELESS}]")


def terms_of(text: str, ngrams: str) -> list[str]:
    """Return the terms of a text, in lower case.

    Parameters
    ----------
    text : str
    ngrams : {"words", "word_pairs", "characters"}
        Words; words and pairs of consecutive words; or runs of 2 to 5 characters of
        each word with a blank before and after it.

    Examples
    --------
    >>> terms_of("A good wine", "word_pairs")
    ['good', 'wine', 'good wine']
    >>> terms_of("An ox", "characters")[:5]
    [' a', 'an', 'n ', ' an', 'an ']
    """
    text = text[:MAX_CHARACTERS].lower()
    if ngrams == "characters":
        return [run for word in text.split() for run in _runs(f" {word} ")]
    words = words_of(text)
    if ngrams == "words":
        return words
    return words + [f"{first} {second}" for first, second in pairwise(words)]


def words_of(text: str) -> list[str]:
    """Return the words of a text, in order: runs of two letters or digits and more.

    In scripts without spaces the ends of words are unknown, so each two consecutive
    characters count as a word.

    Examples
    --------
    >>> words_of("a good wine, 质量很好")
    ['good', 'wine', '质量', '量很', '很好']
    """
    if text.isascii():
        return [word for word in _WORD.findall(text) if len(word) <= _MAX_WORD]
    words: list[str] = []
    for run in _WORD_OR_RUN.findall(text):
        if len(run) > 2 and _SPACELESS_START.match(run):
            words += [run[i : i + 2] for i in range(len(run) - 1)]
        elif len(run) <= _MAX_WORD:
            words.append(run)
    return words


def _runs(word: str) -> list[str]:
    """Return the runs of characters of a padded word; a whole word only once."""
    runs: list[str] = []
    for length in _LENGTHS:
        last = len(word) - length
        runs += [word[start : start + length] for start in range(max(0, last) + 1)]
        if last <= 0:
            break
    return runs
