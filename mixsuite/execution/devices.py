"""Where runs train: the devices that a user names, and those that there are."""

from __future__ import annotations

import re

from mixsuite.data.cores import cores
from mixsuite.errors import InputError


def cards_of(device: str) -> tuple[int, ...]:
    """The cards that a device names, as "cuda:0,1" does; () where it names none.

    Raises:
        InputError: this is no device.
    """
    if device in ("auto", "cpu", "cuda"):
        return ()
    if not re.fullmatch(r"cuda:\d{1,3}(,\d{1,3})*", device):
        raise InputError(f"unknown device '{device}' (allowed: auto, cpu, cuda, or cards by number, as cuda:0,1)")
    cards = tuple(map(int, device.removeprefix("cuda:").split(",")))
    if len(set(cards)) < len(cards):
        raise InputError(f"device '{device}' names a card twice")
    return cards


def pick_device(device: str) -> tuple[str, tuple[int, ...]]:
    """Pick the device, cpu or cuda, and the numbers of the cards that were asked for, if any were.

    "auto" means cuda if torch sees a CUDA device, else cpu.

    Raises:
        InputError: torch sees no CUDA device, or not those that were asked for.
    """
    import torch

    if device == "cpu":
        return "cpu", ()
    if torch.cuda.is_available():
        cards, there = cards_of(device), torch.cuda.device_count()
        if missing := [card for card in cards if card >= there]:
            raise InputError(f"--device {device}: no card {missing[0]} here (allowed: 0 to {there - 1})")
        return "cuda", cards
    if device != "auto":
        raise InputError(f"--device {device}: torch sees no CUDA device here (allowed: auto, cpu)")
    return "cpu", ()


def devices_here(device: str) -> int:
    """How many devices of a kind one run can have: cards, or cores of the processor."""
    if device != "cpu":
        import torch  # takes a second

        return torch.cuda.device_count()
    return cores()
