"""Check what a method remembers: it is of one run, it can be saved and loaded, and updating it changes nothing else."""

from __future__ import annotations

import contextlib
import copy
import io
from collections.abc import Iterator

import torch
from torch import Tensor, nn

from mixsuite.mixing import Batch
from mixsuite.mixing.engine import step_loss
from mixsuite.mixing.memory import has_memory, memory_of
from mixsuite.mixing.rng import Rng
from mixsuite.testing.draw_checks import global_state, under_a_global_seed
from mixsuite.testing.findings import Finding
from mixsuite.testing.order_checks import objective_in_order, order_of, reordered
from mixsuite.testing.samples import ROWS
from mixsuite.testing.trial import SmallNet, Trial, judged, leaves_of, same_tensors, tensors_of

_STEPS = 3  # after which a memory is looked at
_MET = 7  # rows that these steps see: others stay as they were


class _NormedNet(SmallNet):
    """The small net with weights that train and a batch norm, which tells its two modes apart."""

    def __init__(self, width: int, classes: int) -> None:
        super().__init__(width, classes)
        self.norm = nn.BatchNorm1d(classes)
        self.requires_grad_(True)

    def forward(self, *h: Tensor | tuple[Tensor, ...]) -> Tensor:
        out: Tensor = self.norm(super().forward(*h))
        return out


class _Run:
    """A model and a method's memory of it, which live through steps."""

    def __init__(self, trial: Trial) -> None:
        self.trial = trial
        self.net = _NormedNet(len(trial.net.get_parameter("first")), trial.sample.classes)
        self.memory = memory_of(trial.method, self.net, trial.train, torch.device("cpu"))

    def batch(self, step: int) -> Batch:
        """What a step sees."""
        return self.trial.batch(_MET, step)._replace(memory=self.memory)

    def live(self, steps: range, in_order: bool = True) -> None:
        """Move the weights and remember, with a batch's rows in their order or in another."""
        for step in steps:
            with torch.no_grad():
                for place, weight in enumerate(self.net.parameters()):
                    weight.add_(0.1 / (1 + place + step))
            batch = self.batch(step)
            self.trial.method.remember(batch if in_order else reordered(batch, order_of(batch)), self.net)

    def state(self) -> dict[str, Tensor]:
        """What is saved, copied."""
        return {} if self.memory is None else copy.deepcopy(self.memory.state_dict())

    def tensors(self) -> dict[str, Tensor]:
        """Parameters and buffers of the memory, saved or not."""
        memory = self.memory or nn.Module()
        return dict(memory.named_parameters()) | dict(memory.named_buffers())

    def attached(self) -> list[str]:
        """Names of the tensors that keep the graph of a step."""
        return [name for name, value in self.tensors().items() if value.grad_fn is not None]

    def seen(self) -> list[Tensor | None]:
        """What the next step makes of the memory: its plan and the value of its objective."""
        one, batch = self.trial, self.trial.batch(ROWS, _STEPS)._replace(memory=self.memory)
        plan = one.plan_of(batch, Rng(0, ROWS).at(_STEPS))
        value = step_loss(one.method, one.tail(), one.state(ROWS, _STEPS), batch, plan, one.loss)
        return [*tensors_of(plan), value.detach()]


def _differ(one: dict[str, Tensor], other: dict[str, Tensor]) -> str:
    return ", ".join(k for k in one | other if k not in one or k not in other or not torch.equal(one[k], other[k]))


def memory_can_be_saved(trial: Trial) -> Iterator[Finding]:
    """Save a memory after a few steps, load it into a new one, and go on with both."""
    if not has_memory(trial.method):
        return
    run, again = _Run(trial), _Run(trial)
    name = "memory can be saved"
    if run.memory is None or again.memory is None:
        yield Finding("note", name, trial.name, "memory()", "", "None here: nothing to remember")
        return
    run.live(range(_STEPS))
    again.net.load_state_dict(run.net.state_dict())
    kept = io.BytesIO()
    torch.save(run.memory.state_dict(), kept)
    kept.seek(0)
    again.memory.load_state_dict(torch.load(kept, weights_only=True))
    lost = _differ(run.state(), again.state())
    tried = "state_dict() after three steps, loaded into a new memory"
    yield judged(trial, name, not lost, tried, "the same tensors", f"others: {lost}", "memory")
    one, other = vars(run.memory), vars(again.memory)
    numbers = [
        key
        for key, value in one.items()
        if not key.startswith("_") and key != "training" and _unlike(value, other.get(key))
    ]
    seen = f"{', '.join(numbers)}: attributes that are no buffers are lost"
    yield judged(trial, name, not numbers, tried, "all of it in parameters and buffers", seen, "memory")
    if numbers:
        return
    alike = same_tensors(run.seen(), again.seen())
    if alike:
        for each in (run, again):
            each.live(range(_STEPS, _STEPS + 1))
        alike = not _differ(run.state(), again.state()) and same_tensors(run.seen(), again.seen())
    expected = "what goes on from it is as without the break"
    yield judged(trial, name, alike, tried, expected, "another plan, objective or memory: not all is saved", "memory")


def _unlike(one: object, other: object) -> bool:
    """Whether two attributes differ. Modules within lists and the like have no values to compare."""
    if isinstance(one, Tensor) and isinstance(other, Tensor):
        return not torch.equal(one, other)
    return isinstance(one, bool | int | float | str | Tensor) and one != other


def memory_is_of_one_run(trial: Trial) -> Iterator[Finding]:
    """Check that two runs' memories know nothing of each other, and draw nothing."""
    if not has_memory(trial.method):
        return
    name = "memory is of one run"
    with under_a_global_seed(1):
        run = _Run(trial)
        if run.memory is None:
            return
        before = run.state()
        run.live(range(_STEPS))
        attached = run.attached()
    yield judged(
        trial, name, not attached, "remember()", "tensors without a graph (torch.no_grad())",
        f"{', '.join(attached)} keep the graph of the step", "remember",
    )  # fmt: skip
    if attached:
        return
    lived, first = run.state(), run.seen()
    with under_a_global_seed(2):
        other = _Run(trial)
        fresh, unmoved = _differ(before, other.state()), same_tensors(first, run.seen())
        state = global_state()
        other.live(range(_STEPS))
        drew = state != global_state()
        later = _differ(lived, other.state())
    tried = "a second run's memory(), after a first run's steps"
    yield judged(
        trial, name, not fresh, tried, "the model and the training part alone make it", f"another {fresh}", "memory"
    )
    yield judged(
        trial, name, not later and not drew, "the same steps in two runs", "the same memory, without draws",
        f"another {later}" if later else "a global generator was changed", "remember",
    )  # fmt: skip
    apart = unmoved and same_tensors(first, run.seen())
    yield judged(
        trial, name, apart, "a first run's next step, before and after a second run", "the same plan and objective",
        "others: something is kept outside the memory", "memory",
    )  # fmt: skip


@contextlib.contextmanager
def _moved(net: nn.Module) -> Iterator[None]:
    """Other weights for a while."""
    kept = copy.deepcopy(net.state_dict())
    with torch.no_grad():
        for weight in net.parameters():
            weight.mul_(1.5).add_(0.1)
    try:
        yield
    finally:
        net.load_state_dict(kept)


def remember_writes_to_the_memory_alone(trial: Trial) -> Iterator[Finding]:
    """Check that memory() and remember() leave the model and the batch as they are."""
    if not has_memory(trial.method):
        return
    name, run = "the model stays", _Run(trial)
    if run.memory is None:
        return
    trains = run.net.training and all(weight.requires_grad for weight in run.net.parameters())
    seen = "its mode or requires_grad changed"
    yield judged(trial, name, trains, "memory()", "a model that trains as before", seen, "memory")
    run.live(range(1))
    kept, batch = copy.deepcopy(run.net.state_dict()), run.batch(1)
    inputs = {"y": (batch.y,), "x": () if batch.x is None else leaves_of(batch.x)}
    before = {key: [value.clone() for value in values] for key, values in inputs.items()}
    trial.method.remember(batch, run.net)
    changed = [key for key, value in run.net.state_dict().items() if not torch.equal(value, kept[key])]
    changed += [] if run.net.training else ["the mode, which is eval()"]
    changed += [key for key, values in inputs.items() if not all(map(torch.equal, values, before[key]))]
    seen = f"changed: {', '.join(changed)}"
    yield judged(trial, name, not changed, "remember()", "the model and the batch as they were", seen, "remember")
    run.seen()
    once = run.state()
    with _moved(trial.net):
        run.seen()
    written = _differ(once, run.state())
    yield judged(
        trial, "a step computed twice is remembered once", not written,
        "plan() and objective() again at other weights, as some optimisers do", "the memory as after the first",
        f"changed: {written} (update it in remember())", "objective",
    )  # fmt: skip
    models = {value.data_ptr() for value in run.net.state_dict().values()}
    shared = [key for key, value in run.tensors().items() if value.data_ptr() in models]
    yield judged(
        trial, name, not shared, "memory() and remember()", "copies of what the model has",
        f"{', '.join(shared)} are the model's own tensors", "remember",
    )  # fmt: skip


def remembers_rows_by_what_they_are(trial: Trial) -> Iterator[Finding]:
    """Check that a batch's rows in another order are remembered alike."""
    if not has_memory(trial.method):
        return
    one, other = _Run(trial), _Run(trial)
    if one.memory is None:
        return
    one.live(range(_STEPS))
    other.live(range(_STEPS), in_order=False)
    if one.attached():  # another check tells
        return
    yield from objective_in_order(trial, one.memory)
    alike = all(
        a is None or b is None or torch.allclose(a, b, rtol=1e-4, atol=1e-5)
        for a, b in zip(one.seen(), other.seen(), strict=True)
    )
    yield judged(
        trial, "rows count by what they are", alike, "remember() of a batch's rows in another order",
        "the same plan and objective in the next step", "others", "remember",
    )  # fmt: skip
