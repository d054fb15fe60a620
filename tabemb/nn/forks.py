"""Refuse to run TensorFlow in a forked process, where it would wait for threads that only the parent has."""

import os

from tabemb.exceptions import ForkedProcessError

__all__ = ["check_not_forked"]

# The process in which the first network was made.
_first: int | None = None


def check_not_forked() -> None:
    """Raise an error if networks were made before this process was forked from the one that made them.

    A fork copies the memory of a process, but only one of its threads. The first operation of TensorFlow in the copy
    waits for the others without end. Predictors run in NumPy and are not affected.

    Raises
    ------
    ForkedProcessError
        If the process was forked after the first network was made.
    """
    global _first
    if _first is None:
        _first = os.getpid()
    if _first != os.getpid():
        raise ForkedProcessError(
            f"This process ({os.getpid()}) was forked from one in which TensorFlow already ran ({_first}), and "
            "TensorFlow would hang in it. Start processes by multiprocessing.get_context('spawn') or joblib's default, "
            "loky; or fork before the first fit. A fitted model can predict here with "
            "model.predictor(), made before the fork."
        )
