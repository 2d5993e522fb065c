"""Tables of a benchmark in their place on a page of the documentation."""

from __future__ import annotations

__all__ = ['put']


def put(page: str, script: str, *parts: str | None) -> str:
    """The page with ``parts`` between ``<!-- SCRIPT --table: begin -->`` and its end.

    Raises
    ------
    ValueError
        If the page has no such place.
    """
    begin, end = (f'<!-- {script} --table: {word} -->' for word in ('begin', 'end'))
    before, _, rest = page.partition(begin)
    _, found, after = rest.partition(end)
    if not found:
        raise ValueError(f'a page has {begin} and {end} around the tables')
    return '\n\n'.join([before + begin, *(part for part in parts if part), end + after])
