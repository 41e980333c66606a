"""What holds for every method: its parameters' bounds, where it applies, paired draws and repeated bytes."""

import pytest
import torch
from support.clips import clip_job, clips
from support.graphs import graph_job, graphs
from support.methods import exact_plan

from mixsuite.errors import InputError, SkipRun
from mixsuite.experiment.resolve import resolve_method
from mixsuite.plugins.describe import describe
from mixsuite.plugins.kinds import METHOD, builtin_files
from mixsuite.training.loop import train

B = 12


@pytest.mark.parametrize(
    "text",
    [
        "mixup(alpha=0)",
        "mixup(alpha=-1)",
        "mixup(start=0.6, stop=0.5)",
        "mixup(stop=1.5)",
        "mixup(length=0)",
        "mixup(batch=0)",
        "mixup(lam=both)",
        "mixup(alpha='x')",
        "mixup(alpha=None)",
        "cutmix(alpha=0)",
        "mixup(length=1.5)",
    ],
)
def test_values_out_of_range_are_refused(text):
    with pytest.raises(InputError):
        resolve_method(text)


@pytest.mark.parametrize(
    "text",
    ["multi_mix(k=0)", "multi_mix(law=both)", "mixupe(eta=-1)", "mixupe(version=5)", "decoupled(lam=0.5)",
     "decoupled(lam=2, lam_y=0.5)", "regmixup(clean=2)", "regmixup(passes=3)", "batch_augmentation(k=0)",
     "manifold_mixup(alpha=0)", "ordered(k=0)"],
)  # fmt: skip
def test_so_are_those_of_the_papers_methods(text):
    with pytest.raises(InputError):
        resolve_method(text)


NOT_HERE = {  # on classes, in pictures and tables
    "images": {
        "specmix",
        "spec_mixup",
        "column_cutmix",
        "ifmixup",
        "g_mixup",
        "sub_mix",
        "c_mixup",
        "smote",
        "trans_mix",
        "token_mix",
    },
    "tabular": {
        "cutmix",
        "cutout",
        "fmix",
        "gridmix",
        "resizemix",
        "saliencymix",
        "specmix",
        "ifmixup",
        "g_mixup",
        "sub_mix",
        "c_mixup",
        "spec_mixup",
        "mix_style",
        "aug_mix",
        "align_mix",
        "puzzle_mix",
        "recursive_mix",
        "style_mix",
        "token_mix",
        "trans_mix",
    },
}
APPLIES = [
    pytest.param(name, domain, marks=[pytest.mark.slow] if domain == "images" else [])
    for name in builtin_files(METHOD)
    for domain in NOT_HERE
    if name not in NOT_HERE[domain]
]


@pytest.mark.parametrize(
    ("name", "domain"), [(name, domain) for domain, names in NOT_HERE.items() for name in sorted(names)]
)
def test_where_a_method_does_not_apply_it_says_why(job, name, domain):
    with pytest.raises(SkipRun, match=r"made for|is for|looks at the submodule"):
        train(job(name, domain=domain))


@pytest.mark.parametrize(("name", "domain"), APPLIES)
def test_every_method_trains_the_same_bytes_twice_on_paired_draws(job, name, domain):
    first, again = (train(job(name, domain=domain)) for _ in "ab")
    assert first.digests == again.digests
    erm = train(job("erm", domain=domain)).digests
    held = job(name).method.repeat_batch > 1  # sees the same batches, each for longer
    assert all(first.digests[s] == erm[s] for s in ("init", *([] if held else ["order"]), "draws"))
    assert name == "erm" or first.digests["weights"] != erm["weights"]


def test_methods_share_partners_and_no_draw_moves_another():
    needy = {"remix", "saliencymix", "column_cutmix", "mix_style", "sub_mix"}  # want more than a batch of labels
    described = describe(METHOD)
    named = [d["name"] for d in described if d["pairing"] == "permutation" and d["name"] not in needy]
    assert {"mixup", "cutmix", "mixupe", "multi_mix", "decoupled", "fmix", "midpoint"} <= set(named)
    partners = [exact_plan(name, shape=(1, 6, 6)).partner[:B] for name in named]
    assert all(torch.equal(p, partners[0]) for p in partners)


PICTURES = {
    "align_mix", "aug_mix", "cutmix", "cutout", "fmix", "gridmix", "puzzle_mix", "recursive_mix", "resizemix",
    "saliencymix", "style_mix", "token_mix", "trans_mix",
}  # fmt: skip


@pytest.mark.slow
def test_every_method_runs_on_padded_graphs_or_says_why_not():
    raw = graphs(30)
    for name in builtin_files(METHOD):
        if name in PICTURES | {"specmix", "spec_mixup", "mix_style", "smote", "column_cutmix", "c_mixup"}:
            with pytest.raises(SkipRun, match=r"not for graphs|kind regression|made for"):
                train(graph_job(name, raw))
            continue
        text = "k_mixup(k=2)" if name == "k_mixup" else name  # the batch has four rows
        first, again = (train(graph_job(text, raw)).digests for _ in "ab")
        assert first == again, name
    train(graph_job("mixupe(version=2)", raw))
    with pytest.raises(SkipRun, match="boxes are for images and speech"):
        train(graph_job("multi_mix(mask=box)", raw))


@pytest.mark.slow
def test_every_method_runs_on_clips_or_says_why_not():
    raw = clips([5, 9, 7, 8] * 10)
    for name in builtin_files(METHOD):
        if name in PICTURES - {"cutmix", "fmix", "gridmix"} | {
            "smote",
            "column_cutmix",
            "ifmixup",
            "g_mixup",
            "sub_mix",
            "c_mixup",
        }:
            with pytest.raises(SkipRun, match=r"not for speech|kind regression|made for"):
                train(clip_job(name, raw))
            continue
        text = "k_mixup(k=2)" if name == "k_mixup" else name  # the batch has four rows
        first, again = (train(clip_job(text, raw)).digests for _ in "ab")
        assert first == again, name
    with pytest.raises(SkipRun, match="this task could at: input, hidden"):
        train(clip_job("cutmix(site=embedding)", raw))
    train(clip_job("mixupe(version=1)", raw))
    train(clip_job("multi_mix(mask=box)", raw))
