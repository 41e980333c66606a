"""`mixsuite check` against faults that were planted before its source was read: right methods, and lines made wrong.

``tests/support/planted`` has right methods, written from docs/write-a-method.md, one or two for each hook. A fault is
one of them with a text replaced. ``check`` must find each, and nothing in the right ones.

What the kit cannot see, and why (UNSEEN plants each, and shows that it is not seen):

- What only the author knows to be wrong: a penalty of another form, sign or pace (the shares in it swapped, the partner
  forgotten, ``batch.progress`` left out, a teacher shown other rows than the student), the whole loss times a number,
  or weights of terms that do not sum to 1. Another method is defined so, and would be right.
- The law of what is drawn or asked for: candidates of half of the training part alone, numbers rounded up, a partner
  that is valid and not the one that was meant. Only a test of the method's own law can tell.
- The pace of a memory: a mean that keeps what it should drop, a table that decays, buffers that are not followed.
- Noise with mean 0 that rows with a share of 1 get too: noise of a `mix` is judged on average.
- NumPy's generator with a fixed seed: the draws are the same in every run, as constants are. Of torch, every draw in
  the method's file is seen.
- Rows of the test part in a memory: no hook is ever shown them.
"""

import re

import pytest
from support.paths import PLANTED

from mixsuite.testing import check, problems, samples

RIGHT = sorted(path.stem for path in PLANTED.glob("*.py"))
AMONG = [sample for sample in samples() if sample.name in ("tabular, class", "images, soft")]
IMPORTS = """import copy
import numpy as np
import torch
from torch import nn
from mixsuite.mixing import run_mean
KEPT = []
TABLES = {}
class Outside(nn.Module):
    def parameters(self, recurse=True):
        return KEPT[0].parameters()
    def buffers(self, recurse=True):
        return KEPT[0].buffers()
    def forward(self, x):
        return KEPT[0](x)
"""

PER_ROW = "plan.wy * own + (1 - plan.wy) * other"
MEAN = "run_mean(per_row + self.weight * batch.progress * bend, batch.runs)"
SHARES = "shares = parts / parts.sum(1, keepdim=True)"
ASKED = 'rng.uniform(2, batch.size, kind="candidate") * rows'
PARTNER = "n + torch.arange(n, device=x.device) + n * (apart[1] < apart[0])"
TEACHER = "copy.deepcopy(net).eval().requires_grad_(False)"
OBJECTIVE = """        return Plan(partner, over(lam, batch.shape), lam)

    mixes_alone = False

    def objective(self, tail, state, batch, plan, loss):
        out, n = tail(self.mix(state, plan)), batch.size
        own, other = loss(out, batch.y[:n]), loss(out, batch.y[OTHER])
        return run_mean(plan.wy * own + (1 - plan.wy) * other, batch.runs)
"""

FAULTS = {  # (what is wrong, right, wrong, what the problem's name must match)
    "shifted": [
        ("mix swaps the shares", "z = interpolate(h, plan)", "z = interpolate(h, plan._replace(wx=1 - plan.wx))", "mixes the rows"),
        ("mix takes other partners", "interpolate(h, plan)", "interpolate(h, plan._replace(partner=plan.partner.flip(0)))", "mixes the rows"),
        ("mix takes its own partners", "interpolate(h, plan)", "plan.wx * h + (1 - plan.wx) * h.roll(1, 0)", "mixes the rows"),
        ("mix forgets the partner", "interpolate(h, plan)", "plan.wx * h", "mixes the rows"),
        ("a clean row leaks", "return z + ", "z[:1] = h[:1]\n        return z + ", "rows count by what they are"),
        ("mix writes to its input", "interpolate(h, plan)", "interpolate(h.clamp_(-1, 1), plan)", "inputs are not"),
        ("mix writes to the plan", "height = 4", "plan.wx.clamp_(0.1, 0.9)\n        height = 4", "inputs are not"),
        ("mix draws from torch", 'plan.extra["shift"]', "torch.randn_like(plan.wx)", "no global generator"),
        ("plan draws from torch", 'rng.normal(n, kind="shift")', "torch.randn(n)", "no global generator"),
        ("plan draws from numpy", 'rng.normal(n, kind="shift")', "torch.from_numpy(np.random.randn(n)).float()", "no global generator"),
        ("plan draws anew", 'rng.normal(n, kind="shift")', "torch.from_numpy(np.random.default_rng().standard_normal(n)).float()", "same seed"),
        ("plan draws the same", 'rng.normal(n, kind="shift")', "torch.randn(n, generator=torch.Generator().manual_seed(0))", "no draws but rng's"),
        ("stackable with a batch's mean", 'plan.extra["shift"]).to', 'plan.extra["shift"] - plan.extra["shift"].mean()).to', "stackable"),
        ("a batch's scale", "return z + ", "z = z / (1e-3 + z.std(0, correction=0))\n        return z + ", "mixes the rows|shares of 1"),
        ("NaN of one row", 'shift = rng.normal(n, kind="shift")', 'shift = rng.normal(n, kind="shift")\n        shift = shift / (shift - shift.mean()).square().mean().sqrt()', "objective is a number"),
        ("float32 whatever comes", ".to(z.dtype)", ".float() + 0 * z.float()", "half precision|recompile"),
        ("the target stays", "over(lam, batch.shape), lam, extra", "over(lam, batch.shape), torch.ones_like(lam), extra", "target follows"),
        ("the target squared", "over(lam, batch.shape), lam, extra", "over(lam, batch.shape), lam**2, extra", "target follows"),
        ("one share for the signal", "over(lam, batch.shape), lam, extra", "over(lam[:1].expand(n), batch.shape), lam, extra", "target follows"),
        ("a wait for the device", "plan.wx * (1 - plan.wx)", "float((plan.wx * (1 - plan.wx)).mean())", "no host sync"),
    ],
    "straight": [
        ("targets swapped", PER_ROW, "(1 - plan.wy) * own + plan.wy * other", "plan's targets"),
        ("another row's target", "batch.y[plan.partner])", "batch.y.flip(0))", "plan's targets"),
        ("the partner's partner's target", "batch.y[plan.partner])", "batch.y[plan.partner[plan.partner]])", "plan's targets"),
        ("the permutation turned about", "batch.y[plan.partner])", "batch.y[plan.partner.argsort()])", "plan's targets"),
        ("weights above 1", PER_ROW, "plan.wy * own + other", "plan's targets"),
        ("weights below 1", PER_ROW, "plan.wy * own + 0.5 * (1 - plan.wy) * other", "plan's targets"),
        ("the own target alone", PER_ROW, "own", "plan's targets"),
        ("one share for all targets", PER_ROW, "plan.wy[0] * own + (1 - plan.wy[0]) * other", "plan's targets"),
        ("the larger share for the own", PER_ROW, "torch.maximum(plan.wy, 1 - plan.wy) * own + torch.minimum(plan.wy, 1 - plan.wy) * other", "plan's targets"),
        ("soft targets made hard", "loss(out, batch.y), loss(", "loss(out, batch.y.round() if batch.y.is_floating_point() else batch.y), loss(", "plan's targets"),
        ("one term without gradient", "loss(out, batch.y), loss(out,", "loss(out, batch.y), loss(out.detach(),", "plan's targets"),
        ("no gradient", "batch.runs)", "batch.runs).detach()", "objective is a number"),
        ("the loss of clean outputs", "loss(out, batch.y), loss(out,", "loss(tail(state), batch.y), loss(out,", "plan's targets"),
        ("a clean row leaks", "clean = tail(state)", "clean = tail(state)\n        out = torch.cat([clean[:1], out[1:]])", "plan's targets"),
        ("clean rows leak", "clean = tail(state)", "clean = tail(state)\n        out = torch.where(over(plan.wy > 0.5, out.shape[1:]), clean, out)", "plan's targets"),
        ("mixed twice", "tail(self.mix(state, plan))", "tail(self.mix(self.mix(state, plan), plan))", "rows it mixes"),
        ("row weights forgotten", "if batch.row_weight is not None:", "if False:", "row weights"),
        ("the own weight for the partner", "other * batch.row_weight[plan.partner]", "other * batch.row_weight", "row weights"),
        ("no mean of each run", MEAN, "(per_row + self.weight * batch.progress * bend).mean()", "stackable"),
        ("a sum that runs share", MEAN, "run_mean(len(per_row) * (per_row + self.weight * batch.progress * bend), batch.runs)", "stackable"),
        ("a penalty less the batch's mean", "bend = (out - line)", "bend = (out - line - (out - line).mean(0))", "stackable"),
        ("a vector", MEAN, "per_row + self.weight * batch.progress * bend", "objective is a number"),
        ("rows weigh by place", "run_mean(per_row +", "run_mean(torch.linspace(0, 2, len(per_row)) * per_row +", "rows count by what they are"),
        ("NaN of one row", "bend = (out", "scale = (len(out) - 1) / (len(out) - 1)\n        bend = scale * (out", "objective is a number"),
        ("a wait for the device", "batch.progress * bend", "float(batch.progress) * bend", "no host sync"),
        ("dropout", "self.weight * batch", "torch.rand(len(bend)) * batch", "no global generator is read"),
        ("the plan written to", "out = tail(self.mix", "plan.wy.clamp_(0.1, 0.9)\n        out = tail(self.mix", "inputs are not"),
        ("targets written to", "out = tail(self.mix", "batch.y.mul_(0.5) if batch.y.is_floating_point() else batch.y.clamp_(max=1)\n        out = tail(self.mix", "inputs are not"),
        ("the state written to", "out = tail(self.mix(state", "state.mul_(0.99)\n        out = tail(self.mix(state", "inputs are not"),
        ("mixes_alone with a penalty", "mixes_alone = False", "mixes_alone = True", "mixes_alone"),
        ("float32 outputs alone", "clean = tail(state)", "clean = tail(state) @ torch.eye(out.shape[1])", "half precision"),
        ("no loss counts", "run_mean(per_row", "run_mean(0 * per_row", "loss counts"),
        ("a count outside", "clean = tail(state)", "KEPT.append(0)\n        clean = tail(state) * len(KEPT)", "same seed"),
    ],
    "four": [
        ("shares over 1", "parts.sum(1, keepdim=True)", "parts.amax(1, keepdim=True)", "plan is valid"),
        ("sums over the rows", "parts.sum(1, keepdim=True)", "parts.sum(0, keepdim=True)", "plan is valid"),
        ("a share below 0", SHARES, "shares = parts - 0.5\n        shares = shares / shares.sum(1, keepdim=True)", "plan is valid"),
        ("shares turned about", "over(shares, batch.shape), shares", "over(shares.flip(1), batch.shape), shares", "target follows"),
        ("two partners exchanged", "over(shares, batch.shape), shares", "over(shares, batch.shape), shares[:, [0, 2, 1, 3]]", "target follows"),
        ("a partner without target", "over(shares, batch.shape), shares", "over(shares, batch.shape), shares[:, :3]", "plan is valid"),
        ("one target", "over(shares, batch.shape), shares", "over(shares, batch.shape), shares[:, 0]", "plan is valid"),
        ("sharper targets", "over(shares, batch.shape), shares", "over(shares, batch.shape), shares**2 / (shares**2).sum(1, keepdim=True)", "target follows"),
        ("another row's shares", "over(shares, batch.shape), shares", "over(shares, batch.shape), shares.roll(1, 0)", "target follows"),
        ("partners beyond the batch", "for k in range(3)], 1)", "for k in range(3)], 1) + 1", "plan is valid"),
        ("partners along the other axis", "for k in range(3)], 1)", "for k in range(3)], 0)", "plan is valid"),
        ("each row its own partner", 'rng.permutation(n, kind=f"partner{k}")', "torch.arange(n)", "it mixes"),
        ("torch's permutation", 'rng.permutation(n, kind=f"partner{k}")', "torch.randperm(n)", "no global generator"),
        ("one row fails", 'rng.permutation(n, kind=f"partner{k}")', "(torch.arange(n) + k + 1) % (n - 1)", "plans are valid"),
        ("NaN of one row", SHARES, f"parts = parts / (parts - parts.mean(0)).square().sum(0)\n        {SHARES}", "plan is valid"),
        ("a wait for the device", SHARES, f"assert float(parts.min()) >= 0\n        {SHARES}", "no host sync"),
        ("steps added up", SHARES, f"KEPT.append(0)\n        parts = parts + len(KEPT)\n        {SHARES}", "same seed"),
    ],
    "nearer": [
        ("the batch's own rows as partners", "partner = n + torch", "partner = torch", "rows are named"),
        ("the second candidate never taken", " + n * (apart[1] < apart[0])", "", "rows are named"),
        ("more asked for than taken", "rng.uniform(2, batch", "rng.uniform(5, batch", "rows are named"),
        ("the batch's rows never trained on", "batch.shape), lam)", "batch.shape), lam, own=n + torch.arange(n))", "rows are named"),
        ("beyond the training part", "torch.minimum(numbers.long(), rows - 1)", "(numbers.long() + 1)", "plans are valid|plan is valid"),
        ("numbers that are no integers", "numbers.long()", "numbers.floor()", "plans are valid"),
        ("numbers in a table", ".flatten()\n", "\n", "plans are valid"),
        ("how many differs", "rows - 1).flatten()", "rows - 1).flatten().unique()", "plans are valid|plan is valid"),
        ("all rows taken for the batch's", "n = batch.size\n        x", "n = len(batch.y)\n        x", "plans are valid"),
        ("row numbers not asked for", ASKED, "torch.stack([batch.rows, batch.rows + 1]) % rows", "plans are valid"),
        ("the input not asked for", "needs_x = True", "needs_x = False", "plans are valid"),
        ("torch's draw", 'rng.uniform(2, batch.size, kind="candidate")', "torch.rand(2, batch.size)", "no global generator"),
        ("a count outside", ASKED, f"({ASKED} + len(KEPT)) % rows\n        KEPT.append(0)", "same seed"),
        ("prepare writes", "return {", "train.x.sub_(train.x.mean(0))\n        return {", "inputs are not"),
        ("plan writes", "batch.x.flatten(1)", "batch.x.flatten(1).sub_(batch.x.mean())", "inputs are not"),
        ("the target turned", "batch.shape), lam)", "batch.shape), 1 - lam)", "target follows"),
        ("a wait for the device", 'rows = batch.stats["rows"]', 'rows = torch.tensor(int(batch.stats["rows"]))', "no host sync"),
        ("the batch's targets", "        return Plan(partner, over(lam, batch.shape), lam)\n", OBJECTIVE.replace("OTHER", "plan.partner % n"), "plan's targets"),
        ("the first candidate's targets", "        return Plan(partner, over(lam, batch.shape), lam)\n", OBJECTIVE.replace("OTHER", "n : 2 * n"), "plan's targets"),
    ],
    "recalled": [
        ("a tensor that is no buffer", 'self.register_buffer("mean", torch.zeros(rows, outputs))', "self.mean = torch.zeros(rows, outputs)", "memory can be saved"),
        ("a buffer that is not saved", "torch.zeros(rows, outputs))", "torch.zeros(rows, outputs), persistent=False)", "memory can be saved"),
        ("a count that is not saved", "torch.zeros(rows))", "torch.zeros(rows), persistent=False)", "memory can be saved"),
        ("remembered by place", "batch.memory, batch.rows\n", "batch.memory, torch.arange(len(batch.rows))\n", "rows count by what they are"),
        ("another row remembered", "batch.memory, batch.rows\n", "batch.memory, batch.rows.flip(0)\n", "rows count by what they are"),
        ("recalled by place", "batch.memory.mean[batch.rows]", "batch.memory.mean[: len(batch.y)]", "rows count by what they are"),
        ("counts recalled by place", "batch.memory.seen[batch.rows]", "batch.memory.seen[: len(batch.y)]", "rows count by what they are"),
        ("the net left in eval mode", "            net.train(training)\n", "", "the model stays"),
        ("a pass that moves the net's statistics", "            net.eval()\n", "", "the model stays"),
        ("remember writes to the input", "training = net.training", "batch.x.clamp_(-1, 1)\n            training = net.training", "the model stays"),
        ("remember writes to the net", "training = net.training", "next(net.parameters()).mul_(0.9)\n            training = net.training", "the model stays"),
        ("the graph is kept", "with torch.no_grad():", "with torch.enable_grad():", "memory is of one run"),
        ("a table of draws", "torch.zeros(rows, outputs)", "torch.randn(rows, outputs)", "memory is of one run"),
        ("objective remembers", "seen = batch.memory.seen", "batch.memory.seen[batch.rows] += 1\n        seen = batch.memory.seen", "computed twice is remembered once"),
        ("plan remembers", "return mixup_plan", "batch.memory.seen[batch.rows] += 1\n        return mixup_plan", "computed twice is remembered once"),
        ("row numbers not asked for", "needs_rows = True", "needs_rows = False", "objective is a number"),
        ("a table of all runs", "return Table(train.rows, train.classes)", "return TABLES.setdefault(train.rows, Table(train.rows, train.classes))", "memory is of one run"),
        ("the net itself", "return Table(train.rows, train.classes)", "table = Table(train.rows, train.classes)\n        table.net = net\n        return table", "plans are valid"),
        ("too few rows", "Table(train.rows, ", "Table(train.rows // 2, ", "objective is a number"),
        ("NaN of what was not met", ".clamp_min(1e-6)", "", "objective is a number"),
        ("targets turned", "two_term_loss(tail(self.mix(state, plan)), batch, plan, loss)", "two_term_loss(tail(self.mix(state, plan)), batch, plan._replace(wy=1 - plan.wy), loss)", "plan's targets"),
        ("the own targets alone", "two_term_loss(tail(self.mix(state, plan)), batch, plan, loss)", "clean_loss(tail(self.mix(state, plan)), batch, loss)", "plan's targets"),
        ("a term without row weights", "clean_loss(out, batch, loss)", "run_mean(loss(out, batch.y), batch.runs)", "row weights"),
        ("noise", "* (seen > 0)", "* torch.rand_like(seen)", "no global generator"),
    ],
    "taught": [
        ("no copy", TEACHER, "net", "plans are valid"),
        ("the net frozen", TEACHER, "copy.deepcopy(net.requires_grad_(False)).eval()", "the model stays"),
        ("the net in eval mode", TEACHER, "copy.deepcopy(net.eval()).requires_grad_(False)", "the model stays"),
        ("the teacher's statistics move", ".eval().requires_grad_(False)", ".train().requires_grad_(False)", "computed twice is remembered once"),
        ("the student learns from the teacher", "old.lerp_(new, 1 - self.keep)", "new.lerp_(old, self.keep)", "the model stays"),
        ("tensors shared", "old.lerp_(new, 1 - self.keep)", "old.data = new.data", "the model stays"),
        ("a teacher outside", f"return {TEACHER}", f"KEPT[:] = [{TEACHER}]\n        return Outside()", "memory is of one run"),
        ("a teacher in a list", f"return {TEACHER}", f"hidden = nn.Identity()\n        hidden.nets = [{TEACHER}]\n        return hidden", "memory can be saved"),
        ("a count outside", "1 - self.keep)", "1.0 / (1 + len(KEPT)))\n                KEPT.append(0)", "memory is of one run"),
        ("noise", "old.lerp_(new, 1 - self.keep)", "old.lerp_(new, 1 - self.keep).add_(0.01 * torch.randn_like(old))", "memory is of one run"),
        ("the teacher sees other rows", "batch.memory(batch.x)", "batch.memory(batch.x.flip(0))", "rows count by what they are"),
        ("a student's pass in remember", "for old, new in zip(batch.memory.parameters", "net(batch.x)\n            for old, new in zip(batch.memory.parameters", "the model stays"),
        ("no loss counts", "mixed + self.weight", "0 * mixed + self.weight", "loss counts"),
    ],
}  # fmt: skip

UNSEEN = {  # (what is wrong, right, wrong): the kit finds nothing
    "shifted": [
        ("unmixed rows move too", "4 * self.scale * plan.wx * (1 - plan.wx)", "self.scale"),
        ("numpy's fixed seed", 'rng.normal(n, kind="shift")', "torch.from_numpy(np.random.default_rng(0).standard_normal(n)).float()"),
    ],
    "straight": [
        ("half of the loss", "run_mean(per_row +", "0.5 * run_mean(per_row +"),
        ("the penalty's partner forgotten", "* clean[plan.partner]", "* clean"),
        ("the penalty's shares swapped", "line = lam * clean + (1 - lam) *", "line = (1 - lam) * clean + lam *"),
        ("the penalty's sign", "per_row + self", "per_row - self"),
        ("progress forgotten", " * batch.progress", ""),
    ],
    "nearer": [
        ("half of the training part", 'rows = batch.stats["rows"]', 'rows = batch.stats["rows"] // 2'),
        ("another row's candidate", PARTNER, f"({PARTNER}).flip(0)"),
        ("the farther one", "apart[1] < apart[0]", "apart[1] > apart[0]"),
    ],
    "recalled": [
        ("weights of terms that sum to 2", "0.5 * (mixed + clean_loss(out, batch, loss))", "mixed + clean_loss(out, batch, loss)"),
        ("a table that decays", "table.mean[rows] = ", "table.mean.mul_(0.9)\n            table.mean[rows] = "),
    ],
    "taught": [
        ("keeps what it should drop", "old.lerp_(new, 1 - self.keep)", "old.lerp_(new, self.keep)"),
        ("buffers forgotten", "old.copy_(new)", "pass"),
        ("the student sees mixed rows", "tail(state) - target", "tail(self.mix(state, plan)) - target"),
    ],
}  # fmt: skip


def listed(table):
    return [pytest.param(name, *fault, id=f"{name}: {fault[0]}") for name, faults in table.items() for fault in faults]


def found_in(folder, name, right, wrong):
    """The problems of a right method with a text replaced."""
    source = (PLANTED / f"{name}.py").read_text()
    assert right in source
    path = folder / f"{name}.py"
    path.write_text(IMPORTS + source.replace(right, wrong))
    return problems(check(str(path), AMONG))


@pytest.mark.slow
@pytest.mark.parametrize("name", RIGHT)
def test_nothing_is_found_in_what_is_right(name):
    assert problems(check(str(PLANTED / f"{name}.py"))) == []


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:std")
@pytest.mark.parametrize(("name", "what", "right", "wrong", "said"), listed(FAULTS))
def test_a_planted_fault_is_found(tmp_path, name, what, right, wrong, said):
    found = found_in(tmp_path, name, right, wrong)
    assert any(re.search(said, f.check) for f in found), [(f.check, f.seen) for f in found]


@pytest.mark.slow
@pytest.mark.parametrize(("name", "what", "right", "wrong"), listed(UNSEEN))
def test_what_no_kit_can_know_is_not_found(tmp_path, name, what, right, wrong):
    assert found_in(tmp_path, name, right, wrong) == []
