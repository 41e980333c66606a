"""What holds for every probe: where it applies, its bounds, that it changes nothing, padding and categories."""

import numpy as np
import pytest
import torch
from support.probes import ENTRIES, SHORT, linear, probe, real, rows

from mixsuite.errors import InputError
from mixsuite.evaluation.base import Measurement
from mixsuite.evaluation.measure import measure
from mixsuite.plugins.kinds import PROBE, builtin_files


@pytest.mark.parametrize("domain", ["images", "tabular", "speech"])
def test_attacks_raise_the_loss_of_a_real_net_pgd_the_most(domain):
    data, model = real(domain)
    found = {
        text: measure(probe(text), "p", model, data, domain, 0)["metrics"]["nll@p"]
        for text in ("noise(std=0)", "fgsm(eps=0.05)", "pgd(eps=0.05, start=row)")
    }
    clean, fgsm, pgd = found.values()
    assert clean < fgsm
    assert pgd >= fgsm - 1e-4


def test_attacks_and_noise_leave_padding_and_categories_alone():
    data, _ = real("tabular")
    for text in ("fgsm(eps=0.1)", "pgd(eps=0.1)", "noise"):
        groups = np.array(data.groups)
        alone = np.array([(groups == g).sum() == 1 for g in groups])
        moved = probe(text).disturb(data.test.x, rows(data.train.x, linear(torch.ones(len(groups))), data))
        change = (moved != data.test.x).any(0).numpy()
        assert not change[~alone].any()
        assert change[alone].all()
        assert (~alone).any()
    data, _ = real("speech")
    clip, mask = data.test.x
    for text in ("fgsm(eps=0.1)", "noise", "time_shift(share=0.3)"):
        moved, same = probe(text).disturb((clip, mask), rows(data.train.x, linear(torch.ones(1))))
        assert (moved * (1 - mask) == 0).all()
        assert torch.equal(same, mask)
        assert not torch.equal(moved, clip)


@pytest.mark.slow
def test_every_probe_runs_in_its_domains_and_says_so_elsewhere():
    for name in builtin_files(PROBE):
        made = probe(name + SHORT.get(name, ""))
        for domain in ENTRIES:
            data, model = real(domain)
            found = measure(made, name, model, data, domain, 0)
            applies = not made.domains or domain in made.domains
            if isinstance(made, Measurement) and applies:
                assert (found["status"], found["reason"]) == ("ok", "")
                assert all(key.endswith(f"@{name}") for key in found["metrics"])
                assert found["metrics"]
            elif applies:
                assert (found["status"], found["reason"]) == ("ok", "")
                assert set(found["metrics"]) == {f"error@{name}", f"nll@{name}"}
            else:
                assert (found["status"], found["metrics"]) == ("skipped", {})
                assert found["reason"].startswith("made for ")


@pytest.mark.slow
def test_a_probe_changes_neither_the_rows_nor_the_model_nor_its_mode():
    data, model = real("images")
    before, weights = data.test.x.clone(), [w.clone() for w in model.state_dict().values()]
    for name in ("fgsm", "pgd", "noise", "blur", "contrast", "memorised", "between", *SHORT, "derivatives"):
        model.train()
        again = [
            measure(probe(name + SHORT.get(name, "")), name, model, data, "images", 3)["metrics"] for _ in range(2)
        ]
        assert again[0] == again[1]
        assert model.training
    assert torch.equal(data.test.x, before)
    assert all(torch.equal(a, b) for a, b in zip(weights, model.state_dict().values(), strict=True))
    assert all(w.grad is None for w in model.parameters())


def test_probes_with_parameters_out_of_range_are_refused():
    for text in ("black_box(lr=0)", "derivatives(rows=1)", "gradient_variance(k=1)"):
        with pytest.raises(InputError, match="allowed is"):
            probe(text)
    assert set(builtin_files(PROBE)) >= {"black_box", "derivatives", "gradient_variance"}
