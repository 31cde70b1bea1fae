"""Puts the three pictures of the README where it shows them; `make screenshots` runs it last."""

from __future__ import annotations

import shutil
from pathlib import Path

NAMES = ("session-listening", "coachee-begin", "queue-states")


def main() -> None:
    """From build/screenshots to docs/pictures."""
    here = Path(__file__).parent
    (here / "pictures").mkdir(exist_ok=True)
    for name in NAMES:
        shutil.copy(here.parent / "build" / "screenshots" / f"{name}.png", here / "pictures")


if __name__ == "__main__":
    main()
