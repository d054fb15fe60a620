"""Labels have room, stay in the picture, and the important ones come first."""

import numpy as np
import pytest

from tabemb.vectors.plots.labels import boxes_overlap, place_labels

FRAME = np.array([0.0, 0.0, 600.0, 400.0])


def boxes_of(centres, sizes):
    return np.hstack([centres - sizes / 2, centres + sizes / 2])


@pytest.mark.parametrize("seed", range(5))
def test_crowded_labels_neither_overlap_nor_leave_the_frame(seed):
    rng = np.random.default_rng(seed)
    dots = rng.normal([300, 200], 40, size=(200, 2))
    sizes = np.column_stack([rng.uniform(20, 90, 30), np.full(30, 11.0)])
    centres = place_labels(sizes, dots, rng.uniform(2, 9, 200), FRAME)
    placed = ~np.isnan(centres).any(axis=1)
    assert placed.sum() >= 25
    assert placed[0]
    boxes = boxes_of(centres[placed], sizes[placed])
    assert not (boxes_overlap(boxes, boxes) & ~np.eye(len(boxes), dtype=bool)).any()
    assert (boxes[:, :2] >= FRAME[:2]).all()
    assert (boxes[:, 2:] <= FRAME[2:]).all()


def test_a_lonely_label_is_at_the_right_of_its_dot_and_at_the_edge_on_the_left():
    sizes = np.array([[40.0, 10.0]])
    middle, edge = (place_labels(sizes, np.array([[x, 200.0]]), np.array([4.0]), FRAME)[0] for x in (300.0, 590.0))
    assert middle.tolist() == [300 + 4 + 2 + 20, 200]
    assert edge.tolist() == [590 - 4 - 2 - 20, 200]


def test_a_label_makes_way_for_a_dot():
    dots = np.array([[300.0, 200.0], [320.0, 200.0]])
    centre = place_labels(np.array([[40.0, 10.0]]), dots, np.array([4.0, 4.0]), FRAME)[0]
    assert centre[0] < 300


def test_a_label_without_room_is_left_out():
    dots = np.array([[10.0, 10.0], [10.0, 10.0]])
    centres = place_labels(np.array([[10.0, 8.0], [10.0, 8.0]]), dots, np.ones(2), np.array([0.0, 0.0, 25.0, 15.0]))
    assert np.isnan(centres).any(axis=1).tolist() == [False, True]


def test_boxes_that_touch_do_not_overlap_but_a_gap_keeps_them_apart():
    one, two = np.array([[0.0, 0, 1, 1]]), np.array([[1.0, 0, 2, 1]])
    assert not boxes_overlap(one, two).any()
    assert boxes_overlap(one, two, gap=0.5).all()
