"""The number of threads TensorFlow uses for one operation."""

import os

import tensorflow as tf

from tabemb.nn import TENSORFLOW_WAS_THERE

__all__ = ["share_the_cores", "threads_per_operation"]

PORTIONS = 2


def threads_per_operation(environment=os.environ) -> int | None:
    """Return the number of threads per operation, None to leave it to TensorFlow.

    A step processes two stacks of tables and two portions of a batch in parallel, so that one thread per core for each
    operation would be twice the number of cores. In a worker process, joblib sets ``OMP_NUM_THREADS`` to its share of
    the cores.

    Parameters
    ----------
    environment : mapping of str to str
        Environment variables; if ``TF_NUM_INTRAOP_THREADS`` is set, it takes precedence.
    """
    if environment.get("TF_NUM_INTRAOP_THREADS"):
        return None
    return _share(environment) or max(1, _n_cores() // PORTIONS)


def share_the_cores() -> None:
    """Set the number of threads, unless TensorFlow has started or the number was set already.

    If TensorFlow was loaded before tabemb, its settings are kept, except in a worker process.
    """
    threading, given = tf.config.threading, _share()
    if (TENSORFLOW_WAS_THERE and not given) or threading.get_intra_op_parallelism_threads():
        return
    threads = threads_per_operation()
    try:
        if threads is not None:
            threading.set_intra_op_parallelism_threads(threads)
        if given and not (os.environ.get("TF_NUM_INTEROP_THREADS") or threading.get_inter_op_parallelism_threads()):
            threading.set_inter_op_parallelism_threads(given)
    except RuntimeError:
        # TensorFlow has started, and its settings cannot be changed any more.
        return


def _share(environment=os.environ) -> int | None:
    """Return the number of threads of a worker process, None if it may use all cores."""
    share = environment.get("OMP_NUM_THREADS", "")
    return int(share) if share.isdigit() and 0 < int(share) < _n_cores() else None


def _n_cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


share_the_cores()
