"""The text of the YAML file of an experiment."""

import os
from pathlib import Path

from tabemb.exceptions import ConfigError, did_you_mean

__all__ = ["text_of"]

# Bytes of a file, beyond any experiment.
LARGEST = 2**22


def text_of(path: Path) -> str:
    """Return the text of a file in UTF-8.

    Parameters
    ----------
    path : Path
        The file.

    Raises
    ------
    ConfigError
        If the file is missing, too large or not a text; the message suggests similar names.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = Path(folder, "a.yaml").write_text("seed: 1")
    ...     text_of(Path(folder, "a.yaml"))
    'seed: 1'
    """
    try:
        with path.open("rb") as file:
            # A pipe or a device has no size.
            raw = file.read(LARGEST + 1)
        text = raw.decode()
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        reason = "its name has a null character" if "\0" in str(path) else reason
        beside = [] if os.path.exists(path) else sorted(each.name for each in path.parent.glob("*.y*ml"))
        raise ConfigError(f"Cannot read {path}: {reason}.{did_you_mean(path.name, beside)}") from error
    if len(raw) > LARGEST:
        raise ConfigError(f"{path}: an experiment has at most {LARGEST:,} bytes, this file has more.")
    return text
