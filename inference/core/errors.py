"""The errors a person may see, and how a command ends when one is raised.

UserError (hub/errors.py)    its text is the whole message; a traceback means our bug
├── HubError ...             drawn in hub/errors.py
├── SettingsError            an environment variable has an unusable value
├── ConfigError              a flag or a key of a recipe is unknown or unusable
│   └── FlagError            seen when the command line is read; exit code 2, as argparse's
├── DataError                a file of examples cannot be read, or nothing usable is in it
│   └── LeakError            texts to test by also lie among those to train on; exit code 3
├── ModelError               a model folder lacks a file, or its files contradict each other
├── TextError                a text that cannot be scored (empty, too long)
├── FeedbackError            what a person said could not be kept, or cannot be read again
├── ChoiceError              no model was chosen, or one that is not on show
├── WorkError                a run cannot be made, started or stopped as things stand
├── LimitReached             a visitor asked for more than one may in a minute
├── Overloaded               so much waits to be scored already that no more is taken in
└── NotTheOwner              somebody else than the owner asked for what only the owner may do
"""

import errno
import os
import sys
from collections.abc import Callable

from hub.errors import UserError


class SettingsError(UserError):
    """An environment variable has a value that cannot be used."""


class ConfigError(UserError):
    """A flag or a key of a recipe is unknown, or its value cannot be used."""


class FlagError(ConfigError):
    """What a command line says, or its recipe, cannot be used: seen before anything starts."""

    exit_code = 2


class DataError(UserError):
    """A file of examples cannot be read, or holds nothing that can be used."""


class LeakError(DataError):
    """Texts of a given validation or test part also occur in another part."""

    exit_code = 3


class ModelError(UserError):
    """A model folder lacks a file, or its files contradict each other."""


class TextError(UserError):
    """A text that cannot be scored."""


class FeedbackError(UserError):
    """What a person said of a prediction could not be kept, or cannot be read again."""


class ChoiceError(UserError):
    """No model was chosen, or one that is not on show."""


class WorkError(UserError):
    """A run cannot be made, started or stopped as things stand."""


class LimitReached(UserError):
    """A visitor asked for more than one may in a minute; wait_s: seconds until the next try."""

    def __init__(self, message: str, wait_s: int) -> None:
        super().__init__(message)
        self.wait_s = wait_s


class Overloaded(UserError):
    """So much waits to be scored already that no more is taken in; wait_s: until the next try."""

    def __init__(self, message: str, wait_s: int) -> None:
        super().__init__(message)
        self.wait_s = wait_s


class NotTheOwner(UserError):
    """Somebody else than the owner asked for what only the owner may do."""


_FULL = (errno.ENOSPC, errno.EDQUOT)
# What libraries that do not raise OSError say of it: safetensors, torch.save (two), SQLite.
_FULL_IN_WORDS = (
    "No space left on device",
    "basic_ios::clear: iostream error",
    "unexpected pos ",
    "disk is full",
)


def _is_disk_full(error: BaseException) -> bool:
    """Return whether this says that a file could not be written for want of space."""
    if isinstance(error, OSError):
        return error.errno in _FULL
    return any(words in str(error) for words in _FULL_IN_WORDS)


def run_command(main: Callable[[], None]) -> None:
    """Run a command; a user's error becomes one line on stderr and its exit code, Ctrl-C 130.

    So does what the operating system says of a file (no such folder, no right, no space): the
    place was somebody's choice. Who reads the output may stop early, as `| head` does: exit code 0.
    """
    try:
        main()
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # for the flush at the end
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        raise SystemExit(error.exit_code) from None
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        raise SystemExit(130) from None
    except Exception as error:
        if isinstance(error, OSError) and error.filename is not None:
            message = (
                f"{error.filename}: {error.strerror}. Check the path, its rights and the space "
                "there, then run the same command again."
            )
        elif _is_disk_full(error):
            message = (
                "the disk is full. Free some space where the output, the temporary files (TMPDIR) "
                "and the Hub's cache (HF_HOME) lie, then run the same command again."
            )
        else:
            raise
        print(f"error: {message}", file=sys.stderr)
        raise SystemExit(1) from None
