"""A browser for the tests of the page: found, or installed where that can be done.

``python tests/web/chromium.py`` installs Debian's chromium if there is no browser and this is root
on Debian or Ubuntu; otherwise it says loudly that the page will not be tested in a browser.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

MISSING = (
    "THE PAGE IS NOT TESTED IN A BROWSER: there is no chromium, chrome or edge. Install one "
    "(Debian: apt-get install chromium), or name it in CONVO_CHROMIUM"
)
_NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome", "msedge")
_PLACES = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "C:/Program Files/Google/Chrome/Application/chrome.exe",
    "C:/Program Files (x86)/Microsoft/Edge/Application/msedge.exe",
)


def find_chromium() -> str | None:
    """The path of a browser of the chromium family, None if there is none."""
    if named := os.environ.get("CONVO_CHROMIUM"):
        return named
    on_path = next(filter(None, map(shutil.which, _NAMES)), None)
    return on_path or next((place for place in _PLACES if Path(place).is_file()), None)


def main() -> None:
    """Install a browser if there is none and it can be done without asking anybody."""
    if find_chromium():
        return
    is_root = hasattr(os, "geteuid") and os.geteuid() == 0
    if is_root and shutil.which("apt-get"):
        for command in (["update"], ["install", "--yes", "--no-install-recommends", "chromium"]):
            subprocess.run(["apt-get", "--quiet", *command], check=False)
    if not find_chromium():
        print(MISSING, file=sys.stderr)


if __name__ == "__main__":
    main()
