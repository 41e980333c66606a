"""SubMix: subgraphs that are connected, of equal size and moved whole; targets by counting edges."""

import pytest
import torch
from support.methods import method

from mixsuite.mixing import Batch, TaskInfo
from mixsuite.mixing.methods.sub_mix import SubMix
from mixsuite.mixing.rng import Rng

V = 12


def graphs(n=8, chance=0.25, seed=0):
    """(features [n, V, 2] that name graph and node, edges, mask) of graphs of 5 to 12 nodes."""
    g = torch.Generator().manual_seed(seed)
    mask = (torch.arange(V) < 5 + torch.arange(n)[:, None]).float()[..., None]
    upper = (torch.rand(n, V, V, generator=g) < chance).float().triu(1) * mask * mask.mT
    names = torch.stack(torch.meshgrid(torch.arange(n), torch.arange(V), indexing="ij"), -1) + 1.0
    return names * mask, upper + upper.mT, mask


def plan_of(text, x, number=0):
    batch = Batch(torch.arange(len(x[0])) % 2, (V, 2), torch.tensor(0.0), {}, x)
    return method(text).plan(batch, Rng(0, len(x[0])).at(number))


def connected(edges, nodes):
    """Whether nodes are one piece."""
    seen, todo = {nodes[0]}, [nodes[0]]
    while todo:
        i = todo.pop()
        new = {j for j in nodes if edges[i, j] > 0} - seen
        seen |= new
        todo += new
    return seen == set(nodes)


@pytest.mark.parametrize("text", ["sub_mix", "sub_mix(most=1)", "sub_mix(most=1, hops=2)"])
def test_a_connected_part_is_replaced_by_a_connected_part_of_the_partner(text):
    x, edges, mask = graphs()
    sizes = set()
    for number in range(12):
        plan = plan_of(text, (x, edges, mask), number)
        new_x, new_edges, new_mask = method(text).mix((x, edges, mask), plan)
        assert torch.equal(new_mask, mask)
        for i, j in enumerate(plan.partner.tolist()):
            v = int(mask[i].sum())
            away = [node for node in range(V) if plan.wx[i, node] == 0]
            came = [plan.extra["source"][i, node].item() for node in away]
            assert 1 <= len(away) <= (-(-v * 4 // 10) if text == "sub_mix" else v)
            assert len(set(came)) == len(came)
            assert max(away) < v
            assert max(came) < int(mask[j].sum())
            assert connected(edges[i], away)
            assert connected(edges[j], came)
            sizes.add(len(away))
            place, wanted_x, wanted = dict(zip(away, came, strict=True)), x[i].clone(), edges[i].clone()
            for a in away:
                wanted_x[a] = x[j, place[a]]
                for b in away:
                    wanted[a, b] = edges[j, place[a], place[b]]
            assert torch.equal(new_x[i], wanted_x)
            assert torch.equal(new_edges[i], wanted)
            theirs = sum(float(wanted[a, b]) for a in away for b in away)
            assert float(plan.wy[i]) == pytest.approx(1 - theirs / float(wanted.sum()))
    assert len(sizes) > 2


def test_the_diffusion_is_personalised_pagerank_by_degree():
    _, edges, mask = graphs(n=6, chance=0.5)
    there, a = mask[..., 0] > 0, 0.3
    found = SubMix(restart=a, hops=200)._diffused(edges, there, torch.full((6,), 0.5))
    for i in range(6):
        v = int(mask[i].sum())
        tied, first = edges[i, :v, :v].double(), int(0.5 * v)
        degree = tied.sum(0).clamp(min=1)
        start = torch.zeros(v, dtype=torch.float64)
        start[first] = 1
        rank = torch.linalg.solve(torch.eye(v, dtype=torch.float64) - (1 - a) * tied / degree, a * start)
        torch.testing.assert_close(found[i, :v].double(), rank / degree * degree[first], atol=1e-6, rtol=1e-4)
        assert not found[i, v:].any()


def test_first_nodes_are_uniform_over_the_nodes_that_are_there():
    _, edges, mask = graphs(n=1)
    u = (torch.arange(50) + 0.5) / 50
    found = SubMix(hops=1)._diffused(edges.expand(50, -1, -1) * 0, mask[..., 0].expand(50, -1) > 0, u)
    assert (found > 0).sum(0).tolist() == [10] * 5 + [0] * 7


def test_a_graph_without_edges_gives_one_node_and_its_share_is_by_nodes():
    x, edges, mask = graphs(n=4)
    plan = plan_of("sub_mix(most=1)", (x, edges * 0, mask))
    assert ((plan.wx == 0).sum((1, 2)) == 1).all()
    torch.testing.assert_close(plan.wy, 1 - 1 / mask.sum((1, 2)))


def test_values_out_of_range_and_other_sites_are_refused():
    for bad in ({"most": 0}, {"restart": 1}, {"hops": 0}):
        with pytest.raises(ValueError, match="allowed is"):
            SubMix(**bad)
    task = TaskInfo("graphs", "class", 2, {"input": (6, 2), "hidden": (6, 4)}, 8, 100)
    assert "its site is input" in SubMix(site="hidden").reject(task)
    assert SubMix().reject(task) is None
