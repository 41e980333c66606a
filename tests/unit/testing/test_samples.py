"""Made-up rows of every domain and kind of target."""

import torch
from support.paths import TOYS

from mixsuite.data.state import first_leaf
from mixsuite.plugins.kinds import DOMAIN, builtin_files
from mixsuite.testing.samples import ROWS, samples


def test_every_domain_is_tried_and_every_kind_of_target():
    found = samples()
    assert {s.domain for s in found} == set(builtin_files(DOMAIN))
    assert {s.target for s in found} == {"class", "soft", "multilabel", "regression"}
    assert len({s.name for s in found}) == len(found)


def test_rows_targets_and_what_a_method_may_know_fit():
    for sample in samples():
        assert len(sample.y) == ROWS
        assert all(len(first_leaf(state)) == ROWS for state in sample.sites.values())
        info = sample.info(7)
        assert (info.domain, info.batch, info.kind) == (
            sample.domain,
            7,
            "class" if sample.target == "soft" else sample.target,
        )
        assert set(info.sites) == set(sample.sites)
        assert sample.classes == (3 if sample.target in ("class", "soft") else sample.y.shape[1])


def test_they_are_the_same_every_time():
    for one, other in zip(samples(), samples(), strict=True):
        assert torch.equal(one.y, other.y)
        for site in one.sites:
            assert torch.equal(first_leaf(one.sites[site]), first_leaf(other.sites[site]))


def test_outside_domains_are_tried_too():
    found = samples([str(TOYS / "points.py")])
    assert {s.domain for s in found} - set(builtin_files(DOMAIN)) <= {"points"}
    assert [s.name for s in found][: len(samples())] == [s.name for s in samples()]
