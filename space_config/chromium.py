"""A headless Chromium from Debian's packages: for pictures, browser tests and the first paint.

Owns which program it is and how it is started. Needs the package playwright, which the tests
install.

Try: python -c "from space_config import chromium; print(chromium.find())"
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from inference.core.errors import ConfigError

if TYPE_CHECKING:
    from playwright.sync_api import Browser

# The shell draws pages as the browser does. The browser also draws its own tabs and menus, though
# nobody sees them: each new window costs it a second of processor time.
_PROGRAMS = ("chromium-headless-shell", "chromium")
# The browser asks nobody but the page: no updates, no sync, no start page.
_FLAGS = (
    "--no-sandbox --disable-gpu --disable-background-networking --disable-component-update "
    "--disable-sync --no-first-run"
).split()


def find() -> str:
    """Return the path of the program.

    Raises:
        ConfigError: there is none on this machine.
    """
    for name in _PROGRAMS:
        if path := shutil.which(name):
            return path
    raise ConfigError(
        f"there is no program {' or '.join(_PROGRAMS)}; install Debian's package of one of these "
        "names, or run `make test`, which does"
    )


@contextmanager
def launched(*flags: str) -> Iterator["Browser"]:
    """A running browser, ended afterwards; flags: more of them for its command line.

    Raises:
        ConfigError: there is none on this machine.
    """
    from playwright.sync_api import sync_playwright

    path = find()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=[*_FLAGS, *flags])
        yield browser
        browser.close()
