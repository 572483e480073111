"""Pictures that stand in an answer as text: `data:` URLs, hundreds of kilobytes that nobody can read."""

from __future__ import annotations

import re

LONGEST_SHOWN = 200
"""Characters of a `data:` URL, with what is around it, that stays: an example, a pixel at most."""

MARK = "\N{FRAME WITH PICTURE}\N{VARIATION SELECTOR-16}"
"""Stands where a picture stood, for people and in later prompts."""

_PICTURE = r"""
    (?: (?P<link> !?\[ (?P<alt> [^\]\n]{0,200} ) \]\( \s{0,9} <? )
      | (?P<html> <img\b [^<>]{0,400}? \bsrc \s?=\s? ["']? ) )?
    (?: data: (?: (?:image|audio|video|application)/[\w.+-]{1,60} (?:;[\w.+=-]{1,60}){0,4}
                | (?: [a-z]{1,20}/[\w.+-]{1,60} )? (?:;[\w.+=-]{1,60}){0,3}? ;base64 ) , \s?
      | (?(link) (?= [\w+/]{200} ) | (?!) ) )
    [\w+/=%.~!*@&$;:?\#-]+ (?: \s{1,3} [\w+/]{60,} (?: \s{1,3} [\w+/]{1,80} (?: ={1,2} | (?=\s?\)) ) )? )*
    (?(link) >? (?:\s{1,9} "[^"\n]{0,200}")? \s{0,9} \)? ) (?(html) ["']? [^<>]{0,400} >? )
"""


def without_pictures(text: str) -> tuple[str, int]:
    """The text with a mark (and a picture's description) for each long `data:` URL, and how many there were."""
    if "data:" not in text.lower() and "![" not in text:
        return text, 0
    count = 0

    def marked(found: re.Match[str]) -> str:
        nonlocal count
        if len(found[0]) <= LONGEST_SHOWN:
            return found[0]
        count += 1
        return f"{MARK} {(found['alt'] or '').strip()}".rstrip()

    text = re.sub(_PICTURE, marked, text, flags=re.IGNORECASE | re.ASCII | re.VERBOSE)
    return text, count
