"""Every message that the troubleshooting page quotes is one that the code prints."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / 'docs' / 'guides' / 'troubleshooting.md').read_text(encoding='utf-8')

#: What `core/errors.py` puts between the parts of a message.
JOINTS = re.compile(r'…|: given |, expected |\.(?=$| )')


def literals() -> list[str]:
    """Fixed parts of all strings of the package but docstrings, adjacent ones joined."""
    found = []
    for path in (ROOT / 'brainfit_fast').rglob('*.py'):
        nodes = list(ast.walk(ast.parse(path.read_text(encoding='utf-8'))))
        docstrings = {id(node.value) for node in nodes if isinstance(node, ast.Expr)}
        found += [
            node.value
            for node in nodes
            if isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and id(node) not in docstrings
        ]
    return found


def quoted() -> list[str]:
    """First cells of the tables of messages and reasons."""
    tables, symptoms = PAGE.split('## Without a message')
    assert symptoms
    return re.findall(r'^\| `(.+?)` \|', tables, re.M)


LITERALS = literals()


def test_messages_are_found():
    assert len(quoted()) > 40


@pytest.mark.parametrize('message', quoted())
def test_message_is_printed_by_the_code(message):
    parts = [part.strip(' :,') for part in JOINTS.split(message)]
    parts = [part for part in parts if part]
    assert max(map(len, parts)) >= 10  # long enough to be told from others
    missing = [part for part in parts if not any(part in text for text in LITERALS)]
    assert not missing
