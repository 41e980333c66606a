"""Refuse a net or an augmentation that does not fit its data, in one line, before anything is trained."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from mixsuite.data.rows import Data
from mixsuite.data.state import first_leaf, take_rows
from mixsuite.domains.augmentation import Augmentation, Augmenter
from mixsuite.domains.build import make_model
from mixsuite.errors import InputError
from mixsuite.models.base import Model, Staged, site_shapes
from mixsuite.models.saved_weights import SavedWeights
from mixsuite.plugins.load import told


def checked_network(model: Model, data: Data, name: str, weights: SavedWeights | None = None) -> Staged:
    """Build a model's net for seed 0, and run it on two training rows.

    Args:
        model: the net by name, with its parameters.
        data: what it is for.
        name: the model's, for the message.
        weights: what the net starts from; None: what the seed draws.

    Raises:
        ImportError: a package is missing.
        InputError: the net cannot be built, takes rows of another size, gives another number of outputs, or cannot be
            mixed at one of its sites.
    """
    rows = torch.arange(min(2, len(data.train)), device=data.train.y.device)
    x = take_rows(data.train.x, rows)
    shape = list(first_leaf(data.train.x).shape[1:])
    try:
        network = make_model(model, data, 0, weights)
        with torch.no_grad():
            out = network.eval()(x)
        site_shapes(network, x)
    except ImportError:
        raise
    except InputError as error:
        raise InputError(f"model {name}: {error}") from None
    except Exception as error:
        what = told(error, 300)
        raise InputError(f"model {name}: it does not run on rows of shape {shape}: {what}") from error
    if not isinstance(out, Tensor) or out.shape != (len(rows), data.classes):
        given = list(out.shape) if isinstance(out, Tensor) else type(out).__name__
        raise InputError(f"model {name}: its outputs are {given}; wanted are [{len(rows)}, {data.classes}]")
    return network.train()


def check_augmentations(steps: Sequence[Augmentation], data: Data, name: str) -> None:
    """Try augmentations on two training rows, before anything is trained.

    name: as the recipe has it, for the message.

    Raises:
        ImportError: a package is missing.
        InputError: they are not made for such rows, or fail on them.
    """
    if not steps:
        return
    rows = torch.arange(min(2, len(data.train)), device=data.train.y.device)
    try:
        changed = Augmenter(steps, data.shown(), 0)(take_rows(data.train.x, rows), 0)
    except ImportError:
        raise
    except InputError as error:
        raise InputError(f"augment {name}: {error}") from None
    except Exception as error:
        what = told(error, 300)
        raise InputError(f"augment {name}: it does not run on these rows: {what}") from error
    if not bool(first_leaf(changed).isfinite().all()):
        raise InputError(f"augment {name}: it gives values that are not finite")
