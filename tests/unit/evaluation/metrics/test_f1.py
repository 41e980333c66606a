"""F1 against its formula."""

import pytest
from support.metrics import classes, labels

from mixsuite.evaluation.metrics.f1 import F1
from mixsuite.testing.metric_kit import check_metric


def counts(p):
    """(true positives, false positives, false negatives, rows) of each class or label."""
    if p.kind == "multilabel":
        columns = [(p.y[:, k] > 0, p.out[:, k] > 0) for k in range(p.y.shape[1])]
    else:
        columns = [(p.y == k, p.out.argmax(1) == k) for k in range(p.out.shape[1])]
    return [(sum(t & g), sum(~t & g), sum(t & ~g), sum(t)) for t, g in columns]


@pytest.mark.parametrize("p", [classes(), classes(count=2), labels()])
def test_it_is_twice_the_hits_over_hits_and_faults(p):
    each = [2 * hit / (2 * hit + false + missed) for hit, false, missed, _ in counts(p)]
    rows = [n for *_, n in counts(p)]
    hit, false, missed = (sum(c[i] for c in counts(p)) for i in range(3))
    assert F1().score(p) == pytest.approx(sum(each) / len(each))
    weighted = sum(v * n for v, n in zip(each, rows, strict=True)) / sum(rows)
    assert F1("weighted").score(p) == pytest.approx(weighted)
    assert F1("micro").score(p) == pytest.approx(2 * hit / (2 * hit + false + missed))


def test_other_averages_are_refused_and_the_allowed_ones_pass_the_kit():
    with pytest.raises(ValueError, match="average='binary'"):
        F1("binary")
    assert all(f.status == "ok" for a in ("macro", "micro", "weighted") for f in check_metric(F1(a)))
