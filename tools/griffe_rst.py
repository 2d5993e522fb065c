"""Docstrings are written for Sphinx and plain reading; this turns their roles and equations into Markdown."""

import re
import textwrap
from typing import Any

import griffe

_ROLE = re.compile(r':(?:attr|class|data|exc|func|meth|mod):`~?([^`]+)`')
_INLINE = re.compile(r':math:`([^`]+)`')
_BLOCK = re.compile(r'^( *)\.\. math::[ \t]*(.*)\n((?:\1[ \t]+\S.*\n?|[ \t]*\n)*)', re.M)


def _display(match: re.Match[str]) -> str:
    indent, first, rest = match.groups()
    lines = textwrap.dedent(rest).strip()
    text = f'{first}\n{lines}'.strip()
    if '\\\\' in text and '\\begin' not in text:
        text = f'\\begin{{aligned}}\n{text}\n\\end{{aligned}}'
    return textwrap.indent(f'\n$$\n{text}\n$$\n\n', indent, lambda line: bool(line.strip()))


def markdown(text: str) -> str:
    """The text with ``$...$`` and ``$$`` for equations, and code in the place of roles."""
    text = _BLOCK.sub(_display, text + '\n').rstrip()
    return _ROLE.sub(r'`\1`', _INLINE.sub(r'$\1$', text))


class Rst(griffe.Extension):
    """Applied to every docstring that is read."""

    def on_object(self, *, obj: griffe.Object, **_: Any) -> None:
        if obj.docstring:
            obj.docstring.value = markdown(obj.docstring.value)
