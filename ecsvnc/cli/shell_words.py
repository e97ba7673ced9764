"""A command line that is being typed: split into words, and words quoted for insertion.

Pure. The rules are those that bash, zsh and fish share: quotes, and the backslash (POSIX.1-2017, XCU 2.2). Variables
and globs stay as they were typed.
"""

from __future__ import annotations

from typing import NamedTuple

_BLANK = " \t\n"
_PLAIN_IN_BASH = frozenset("%+,-./:=@_")  # besides letters and digits


class TypedWords(NamedTuple):
    """The words before the cursor, without their quotes; the last is the one being typed, and may be empty.

    `quote` is the quote that is still open. `raw` is the last word as it was typed, and `ends` says for each of its
    characters how long the unquoted last word is with it.
    """

    words: list[str]
    quote: str
    raw: str
    ends: list[int]


def split_typed(line: str) -> TypedWords:
    """Split a line that ends at the cursor. An open quote or a backslash at the end is not an error."""
    words: list[str] = []
    word, quote, escaped = "", "", False
    raw = ""
    ends: list[int] = []
    for character in line:
        if not quote and not escaped and character in _BLANK:
            if raw:
                words.append(word)
            word, raw, ends = "", "", []
            continue
        raw += character
        if escaped:
            # Inside double quotes a backslash is literal, except before these characters.
            word += character if not quote or character in '"\\$`' else "\\" + character
            escaped = False
        elif character == "\\" and quote != "'":
            escaped = True
        elif character == quote:
            quote = ""
        elif not quote and character in "\"'":
            quote = character
        else:
            word += character
        ends.append(len(word))
    return TypedWords([*words, word], quote, raw, ends)


def bash_insertion(value: str, typed: TypedWords, word_breaks: str) -> str:
    """The text for bash to insert so that the current word becomes `value`.

    bash replaces only a part of the word: what follows the open quote, or else the last of `word_breaks`
    (COMP_WORDBREAKS), among them `:` and `=`.
    """
    done = _characters_kept(typed, word_breaks)
    return _quoted(value[done:], typed.quote)


def _characters_kept(typed: TypedWords, word_breaks: str) -> int:
    kept, quote, escaped = 0, "", False
    for character, end in zip(typed.raw, typed.ends, strict=True):
        if escaped:
            escaped = False
        elif character == "\\" and quote != "'":
            escaped = True
        elif quote:
            if character == quote:
                quote, kept = "", end
        elif character in "\"'":
            quote, kept = character, end
        elif character in word_breaks:
            kept = end
    return kept


def _quoted(text: str, quote: str) -> str:
    if quote == "'":
        return text.replace("'", "'\\''")
    if quote == '"':
        return "".join("\\" + c if c in '"\\$`' else c for c in text)
    return "".join(c if c.isalnum() or c in _PLAIN_IN_BASH else "\\" + c for c in text)
