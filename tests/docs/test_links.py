"""Links between the texts of the repository lead somewhere, headings included."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TEXTS = sorted(
    path
    for folder in ('', 'docs', 'docs/api', 'docs/guides', 'docs/ops', 'benchmarks', 'kernels')
    for path in (ROOT / folder).glob('*.md')
)
LINK = re.compile(r'(?<!`)\[[^\]]*\]\(([^)\s]+)\)')


def prose(path: Path) -> str:
    """The text without code blocks."""
    return re.sub(r'^```.*?^```', '', path.read_text(encoding='utf-8'), flags=re.M | re.S)


def anchors(path: Path) -> set[str]:
    """Of the headings, as MkDocs and GitHub name them."""
    found = set()
    for heading in re.findall(r'^#+ (.*)$', prose(path), re.M):
        words = re.sub(r'[^\w\s-]', '', heading).strip().lower()
        found |= {re.sub(r'[-\s]+', '-', words), words.replace(' ', '-')}
    return found


@pytest.mark.parametrize('path', TEXTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links(path):
    dead = []
    for link in LINK.findall(prose(path)):
        if '://' in link or link.startswith('mailto:'):
            continue
        target, _, anchor = link.partition('#')
        file = (path.parent / target).resolve() if target else path
        if not file.exists() or (anchor and anchor not in anchors(file)):
            dead.append(link)
    assert not dead
