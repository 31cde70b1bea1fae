"""Files that belong to the program: configs and sample recordings.

In a checkout they lie at the top of the repository, in an installed package beside the code.
"""

from __future__ import annotations

from pathlib import Path

from convo.errors import ConfigError

_PACKAGE = Path(__file__).parent
_ROOTS = (_PACKAGE / "_resources", _PACKAGE.parent.parent)


def checkout() -> Path | None:
    """The top of the repository when the program runs from one, None for an installed package."""
    top = _ROOTS[1]
    return top if (top / "pyproject.toml").is_file() else None


def resource(relative: str) -> Path:
    """The path of a file or folder of the program, such as ``configs/cues.toml``.

    Raises:
        ConfigError: the installation is incomplete.

    >>> resource("configs/cues.toml").name
    'cues.toml'
    """
    for root in _ROOTS:
        if (root / relative).exists():
            return root / relative
    raise ConfigError(f"{relative} is missing from this installation: install convo again")
