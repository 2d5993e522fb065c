"""What ends a command early."""

from __future__ import annotations

__all__ = ['Interrupted', 'UsageError']


class UsageError(Exception):
    """Input that cannot be used; the message is for the person at the keyboard."""


class Interrupted(Exception):
    """Ctrl-C; the message says what was kept."""
