"""Histograms count everything once; chains end at their sum; scatters tell gains from losses."""

import numpy as np

from utils.spread_figures import bin_counts, chain_figure, excursions_figure, histogram_figure


def test_bin_counts_of_equal_values_is_one_bin_about_them():
    edges, counts = bin_counts(np.full(5, 0.3))
    assert counts.tolist() == [5]
    assert edges[0] < 0.3 < edges[1]


def test_bin_counts_hold_every_value_once():
    edges, counts = bin_counts(np.linspace(-1.0, 1.0, 1_000))
    assert counts.sum() == 1_000
    assert len(counts) == 31  # the root of 1,000
    assert (edges[0], edges[-1]) == (-1.0, 1.0)


def test_histogram_figure_leaves_undefined_marks_out():
    figure = histogram_figure(np.array([-1.0, 2.0]), {"a": np.nan, "b": 1.0}, "%")
    assert [note.text for note in figure.layout.annotations] == ["b +1.00"]


def test_excursions_figure_tells_winners_from_losers():
    mae, mfe, net = np.array([-1.0, -5.0]), np.array([4.0, 1.0]), np.array([3.0, -5.0])
    won, _, lost, _ = excursions_figure(mae, mfe, net, ["won", "lost"], "USD").data
    assert (list(won.x), list(won.y), list(won.text)) == ([-1.0], [3.0], ["won"])
    assert (list(lost.x), list(lost.y)) == ([-5.0], [-5.0])


def test_chain_figure_ends_at_the_sum_with_room_for_its_texts():
    figure = chain_figure((("before", 10.0), ("costs", -4.0)), "net", "USD")
    assert list(figure.data[0].y) == [10.0, -4.0, 6.0]
    low, high = figure.layout.yaxis.range
    assert low < 0.0
    assert high > 10.0
