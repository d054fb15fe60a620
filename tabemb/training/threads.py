"""How many threads TensorFlow takes for one operation."""

import os

import tensorflow as tf

from tabemb.nn import TENSORFLOW_WAS_THERE

__all__ = ["share_the_cores", "threads_per_operation"]

PORTIONS = 2


def threads_per_operation(environment=os.environ) -> int | None:
    """Return how many threads an operation should have, None to leave it to TensorFlow.

    A step works on two stacks of tables and on two portions of a batch side by side, so that a thread for each core in
    each operation would be twice as many as there are cores, and they wait for one another. In a worker process,
    joblib says by ``OMP_NUM_THREADS`` how many are its share.

    Parameters
    ----------
    environment : mapping of str to str
        Where somebody may have chosen: ``TF_NUM_INTRAOP_THREADS`` is left as it is.
    """
    if environment.get("TF_NUM_INTRAOP_THREADS"):
        return None
    return _share(environment) or max(1, _n_cores() // PORTIONS)


def share_the_cores() -> None:
    """Tell TensorFlow, unless it has begun already, or somebody else told it.

    One that was there before tabemb is left as it is, except in a worker process.
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
        # TensorFlow has begun: what it has is what there is.
        return


def _share(environment=os.environ) -> int | None:
    """Return how many threads a worker process may have, None where it may have them all."""
    share = environment.get("OMP_NUM_THREADS", "")
    return int(share) if share.isdigit() and 0 < int(share) < _n_cores() else None


def _n_cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


share_the_cores()
