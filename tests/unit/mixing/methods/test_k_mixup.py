"""k-mixup: the cheapest matching of each block."""

import itertools

import pytest
import torch
from support.methods import method, plan_of, rows

from mixsuite.mixing import TaskInfo


@pytest.mark.parametrize("k", [1, 3, 4])
def test_k_mixup_finds_the_cheapest_matching_of_each_block(k):
    x = rows(shape=(5,))
    plan, plain = (plan_of(f"{name}", shape=(5,), x=x) for name in (f"k_mixup(k={k})", "mixup"))
    for start in range(0, 12, k):
        block, others = list(range(start, start + k)), plain.partner[start : start + k].tolist()

        def cost(order, block=block):
            return sum(float((x[i] - x[j]).square().sum()) for i, j in zip(block, order, strict=True))

        found = plan.partner[start : start + k].tolist()
        assert sorted(found) == sorted(others)
        assert cost(found) == pytest.approx(min(map(cost, itertools.permutations(others))), rel=1e-5)
    assert torch.equal(plan.wx, plain.wx)


def test_k_mixup_refuses_batches_of_one_block():
    info = TaskInfo("tabular", "class", 2, {"input": (3,)}, batch=7, rows=50)
    assert "need batches of 8 rows or more" in method("k_mixup(k=4)").reject(info)
    assert method("k_mixup(k=1)").reject(info) is None
    assert method("k_mixup(k=3)").reject(info) is None
    assert "ragged" in method("k_mixup").reject(info._replace(sites={"embedding": (8,)}))
