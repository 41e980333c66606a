"""Augmentations as a recipe names them."""

import torch

from mixsuite.data.rows import Data, Subset
from mixsuite.data.state import num_rows
from mixsuite.domains.augmentation import Augmentation, Augmenter
from mixsuite.plugins.entry import parse_chain
from mixsuite.plugins.kinds import AUGMENTATION
from mixsuite.plugins.load import load_class, source_of


def augmentations(text, task=None):
    """The augmentations that a recipe names, as it is written or as a task has it."""
    return tuple(
        load_class(
            AUGMENTATION, source_of(AUGMENTATION, call.name, task and task.address(f"augment {place}")), Augmentation
        )(**dict(call.params))
        for place, call in enumerate(parse_chain(text))
    )


def rows_as_data(x, **facts):
    """Rows as the training part of a data set of one class."""
    part = Subset(x, torch.zeros(num_rows(x), dtype=torch.long))
    return Data(part, part, part, "class", 1, **facts)


def augmented(text, x, number=0, seed=0, **facts):
    """Rows as a recipe's augmentations change them in a batch; they are the training part too."""
    return Augmenter(augmentations(text), rows_as_data(x, **facts), seed)(x, number)
