"""Where the labels of a map go, so that none covers another.

A greedy placement, most important label first, after the point-feature labelling of Christensen, Marks & Shieber
(1995), "An empirical study of algorithms for point-feature label placement": each label tries places around its dot,
near ones first, and takes the cheapest of those that are free. It works on plain boxes in pixels and draws nothing.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["boxes_overlap", "place_labels"]

FloatArray = npt.NDArray[np.floating[Any]]

_GAP = 2.0
_RINGS = (0.0, 8.0, 16.0, 26.0, 38.0, 52.0, 70.0, 92.0, 120.0)
_ANGLES = np.radians([0, 180, 90, 270, 45, 315, 135, 225, 22, 338, 158, 202, 67, 293, 113, 247])
_SAMPLES = np.linspace(0, 1, 24)[:, None]
# In pixels of detour: a label goes this far out of its way rather than cover a dot that has a label of its own, cover
# another dot, or cross a leader line.
_COVERED_NAMED_DOT, _COVERED_DOT, _CROSSED_LINE = 50.0, 14.0, 40.0


def place_labels(sizes: FloatArray, dots: FloatArray, radii: FloatArray, frame: FloatArray) -> FloatArray:
    """Find a place for each label beside its dot, without overlaps.

    Parameters
    ----------
    sizes : array of shape (n, 2)
        Width and height of each label in pixels, the most important first.
    dots : array of shape (m, 2)
        Centres of all dots in pixels, m >= n; the first n are the labelled ones. Labels had better not cover dots.
    radii : array of shape (m,)
        Radius of each dot in pixels.
    frame : array of shape (4,)
        Left, bottom, right and top of the room in pixels; labels stay inside it.

    Returns
    -------
    array of shape (n, 2)
        The centre of each label in pixels; NaN for a label for which there is no room.

    Examples
    --------
    >>> place_labels(
    ...     np.array([[20.0, 10.0]]), np.array([[50.0, 50.0]]), np.array([3.0]), np.array([0.0, 0.0, 100.0, 100.0])
    ... )
    array([[65., 50.]])
    """
    centres = np.full(sizes.shape, np.nan)
    taken = np.empty((0, 4))
    lines = np.empty((0, 2))
    dislike = np.where(np.arange(len(dots)) < len(sizes), _COVERED_NAMED_DOT, _COVERED_DOT)
    for i, size in enumerate(sizes):
        places, detours = _places(dots[i], size, radii[i])
        boxes = np.hstack([places - size / 2, places + size / 2])
        leaders = dots[i] + (places[:, None, :] - dots[i]) * _SAMPLES
        free = (boxes[:, :2] >= frame[:2]).all(axis=1) & (boxes[:, 2:] <= frame[2:]).all(axis=1)
        free &= ~boxes_overlap(boxes, taken, gap=_GAP).any(axis=1)
        free &= ~_covers(taken, leaders.reshape(-1, 2)).any(axis=0).reshape(len(places), -1).any(axis=1)
        if not free.any():
            continue
        covered = np.delete(_covers(boxes, dots, radii) * dislike, i, axis=1).sum(axis=1)
        crossed = _covers(boxes, lines).any(axis=1) * _CROSSED_LINE
        best = int(np.argmin(np.where(free, detours + covered + crossed, np.inf)))
        centres[i] = places[best]
        taken = np.vstack([taken, boxes[best]])
        if detours[best] >= _RINGS[1]:
            lines = np.vstack([lines, leaders[best]])
    return centres


def boxes_overlap(boxes: FloatArray, others: FloatArray, *, gap: float = 0.0) -> npt.NDArray[np.bool_]:
    """Tell for each pair of boxes whether they overlap, or come nearer than a gap.

    Parameters
    ----------
    boxes : array of shape (n, 4)
        Left, bottom, right, top.
    others : array of shape (m, 4)
    gap : float
        In the unit of the boxes.

    Returns
    -------
    array of bool of shape (n, m)

    Examples
    --------
    >>> boxes_overlap(np.array([[0.0, 0.0, 2.0, 2.0]]), np.array([[1.0, 1.0, 3.0, 3.0], [5.0, 5.0, 6.0, 6.0]]))
    array([[ True, False]])
    """
    one, two = boxes[:, None, :], others[None, :, :]
    apart = (one[..., 2:] + gap <= two[..., :2]) | (two[..., 2:] + gap <= one[..., :2])
    overlap: npt.NDArray[np.bool_] = np.logical_not(apart.any(axis=-1))
    return overlap


def _places(anchor: FloatArray, size: FloatArray, radius: float) -> tuple[FloatArray, FloatArray]:
    """Return the places that a label may take, and how far out of its way each one is."""
    directions = np.stack([np.cos(_ANGLES), np.sin(_ANGLES)], axis=1)
    # The box's centre is moved out until the box touches the ring around the dot.
    reach = np.sign(np.round(directions, 6)) * size / 2
    starts = anchor + directions * (radius + _GAP) + reach
    places = np.concatenate([starts + directions * ring for ring in _RINGS])
    detours = np.concatenate([ring + 0.1 * np.arange(len(_ANGLES)) for ring in _RINGS])
    return places, detours


def _covers(boxes: FloatArray, points: FloatArray, radii: FloatArray | float = 0.0) -> npt.NDArray[np.bool_]:
    """Tell for each box and each point whether the box covers it; an array of shape (boxes, points)."""
    margin = np.broadcast_to(np.asarray(radii), (len(points),))[None, :, None]
    low = points[None] >= boxes[:, None, :2] - margin
    high = points[None] <= boxes[:, None, 2:] + margin
    covers: npt.NDArray[np.bool_] = (low & high).all(axis=-1)
    return covers
