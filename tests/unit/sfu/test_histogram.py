from sfu.histogram import Histogram


def test_each_bound_counts_all_values_up_to_it() -> None:
    histogram = Histogram((1, 2, 5))
    for value in (0.5, 1.0, 1.5, 5.0, 9.0):
        histogram.note(value)
    assert histogram.counts == [2, 3, 4]
    assert (histogram.count, histogram.sum) == (5, 17.0)
