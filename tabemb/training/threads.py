"""How many threads TensorFlow takes for one operation."""

import os

import tensorflow as tf

from tabemb.nn import TENSORFLOW_WAS_THERE

__all__ = ["threads_per_operation"]

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
    share = environment.get("OMP_NUM_THREADS", "")
    n_cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    if share.isdigit() and 0 < int(share) < n_cores:
        return int(share)
    return max(1, n_cores // PORTIONS)


def share_the_cores() -> None:
    """Tell TensorFlow, unless it was there before tabemb, has begun already, or somebody else told it."""
    threading = tf.config.threading
    chosen = threading.get_intra_op_parallelism_threads() or threading.get_inter_op_parallelism_threads()
    threads = threads_per_operation()
    if TENSORFLOW_WAS_THERE or chosen or threads is None:
        return
    try:
        threading.set_intra_op_parallelism_threads(threads)
        if os.environ.get("OMP_NUM_THREADS") == str(threads) and not os.environ.get("TF_NUM_INTEROP_THREADS"):
            threading.set_inter_op_parallelism_threads(threads)
    except RuntimeError:
        # TensorFlow has begun: what it has is what there is.
        return


share_the_cores()
