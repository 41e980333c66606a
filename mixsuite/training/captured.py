"""Steps recorded as CUDA graphs: the host begins one graph in place of a step's hundreds of kernels.

The nets of a benchmark are small, so that a GPU is done with a kernel before the host has begun the next one. A
recorded step has the same kernels in the same order: it gives the same numbers. What is recorded is the passes forward
and back, from the step's rows and plan to its gradients. Draws come before it and the optimiser behind it.
"""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import torch
from torch import Tensor, nn

from mixsuite.data.state import Ragged
from mixsuite.mixing.plan import distinct
from mixsuite.training.batches import BatchSource
from mixsuite.training.nested import tensors_in, with_tensors

Compute = Callable[[Any], tuple[Tensor, int]]  # a step's inputs -> (objective, rows), gradients beside the weights
Record = Callable[[Callable[[], None]], Callable[[], None]]  # records what a function does; returns what replays it

PLAIN = 2  # steps of a form that run plainly before it is recorded: libraries set up what they need
MOST = 16  # forms of a run that are recorded; further ones run plainly


def can_be_captured(feed: BatchSource) -> bool:
    """Whether the steps of a run can be recorded: all that changes from one to the next is within tensors."""
    job = feed.job
    return (
        feed.device.type == "cuda"
        and feed.ahead
        and job.ranks is None
        and job.method.capturable
        and job.model.capturable
        and not isinstance(job.data.train.x, Ragged)
    )


class Captured:
    """The steps of a run, each form of which is recorded once and then replayed.

    weights: the gradients of these are handed over as a plain step leaves them.
    record:  records a step's work; a RuntimeError means that it cannot, and further steps run plainly.
    """

    def __init__(self, weights: Iterable[nn.Parameter], record: Record) -> None:
        self.weights, self.record, self.refused = list(weights), record, False
        self._seen = Counter[tuple[object, ...]]()
        self._graphs: dict[tuple[object, ...], _Graph] = {}

    def step(self, kind: tuple[object, ...], inputs: Any, compute: Compute) -> tuple[Tensor, int]:
        """Compute a step's objective and gradients.

        Args:
            kind: what a step differs by beyond the form of its tensors: its site, say.
            inputs: tensors in tuples and dicts. All that changes from step to step must be among them.
            compute: inputs -> (objective, rows that entered the last stage); it puts gradients beside the weights.

        Returns:
            What ``compute`` returns.
        """
        form = (*kind, *_form(inputs))
        self._seen[form] += 1
        if form in self._graphs:
            return self._graphs[form].replay(inputs)
        if self.refused or self._seen[form] <= PLAIN or len(self._graphs) >= MOST:
            return compute(inputs)
        try:
            graph = self._graphs[form] = _Graph(self.weights, inputs, compute, self.record)
        except RuntimeError:
            self.refused = True
            forget_gradients(self.weights)
            return compute(inputs)
        return graph.replay(inputs)


class _Graph:
    """One recorded step: its inputs, gradients and objective keep their places in memory."""

    def __init__(self, weights: list[nn.Parameter], inputs: Any, compute: Compute, record: Record) -> None:
        self._weights = weights
        self._places = [distinct(tensor).clone() for tensor in tensors_in(inputs)]
        shapes = [tensor.shape for tensor in tensors_in(inputs)]
        held = with_tensors(inputs, [place.expand(shape) for place, shape in zip(self._places, shapes, strict=True)])
        made = self._made = list[tuple[Tensor, int, list[Tensor | None]]]()

        def work() -> None:
            objective, rows = compute(held)
            made[:] = [(objective.detach(), rows, [weight.grad for weight in weights])]

        self._replay = record(work)
        forget_gradients(weights)

    def replay(self, inputs: Any) -> tuple[Tensor, int]:
        """Compute another step of the same form."""
        for place, tensor in zip(self._places, tensors_in(inputs), strict=True):
            place.copy_(distinct(tensor))
        self._replay()
        ((objective, rows, gradients),) = self._made
        for weight, gradient in zip(self._weights, gradients, strict=True):
            weight.grad = gradient
        return objective.clone(), rows


def forget_gradients(weights: Iterable[nn.Parameter]) -> None:
    """Leave the weights as they are before a step."""
    for weight in weights:
        weight.grad = None


def _form(inputs: Any) -> Iterator[tuple[object, ...]]:
    """Shapes and types of the tensors, and which of their axes are expanded."""
    for tensor in tensors_in(inputs):
        yield tensor.shape, tensor.dtype, tuple(stride == 0 for stride in tensor.stride())


class CudaRecord:
    """Records what a function does on the present stream as a CUDA graph, without doing it.

    The graphs share their memory: what one leaves behind is used before the next one is replayed.
    """

    def __init__(self) -> None:
        self._pool = torch.cuda.graph_pool_handle()

    def __call__(self, work: Callable[[], None]) -> Callable[[], None]:
        """Record, and return what replays it."""
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph, pool=self._pool, stream=torch.cuda.current_stream()):
            work()
        replay: Callable[[], None] = graph.replay
        return replay


@contextlib.contextmanager
def own_stream(device: torch.device) -> Iterator[None]:
    """On a GPU, work on a stream of its own: nothing can be recorded on the usual one."""
    if device.type != "cuda":
        yield
        return
    usual, stream = torch.cuda.current_stream(device), torch.cuda.Stream(device)
    stream.wait_stream(usual)
    with torch.cuda.stream(stream):
        yield
    usual.wait_stream(stream)
