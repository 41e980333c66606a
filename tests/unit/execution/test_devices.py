"""Where runs train: what a user names, and what there is."""

import pytest
import torch

from mixsuite.errors import InputError
from mixsuite.execution import devices


@pytest.mark.parametrize(
    ("there", "asked", "wanted"), [(False, "auto", "cpu"), (True, "auto", "cuda"), (True, "cpu", "cpu")]
)
def test_the_device_is_a_gpu_where_there_is_one(monkeypatch, there, asked, wanted):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: there)
    assert devices.pick_device(asked) == (wanted, ())


def test_a_gpu_that_is_not_there_is_bad_input(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    for device in ("cuda", "cuda:0"):
        with pytest.raises(InputError, match=f"--device {device}: torch sees no CUDA device"):
            devices.pick_device(device)


def test_cards_are_those_that_were_asked_for(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    assert devices.pick_device("cuda:1,0") == ("cuda", (1, 0))
    with pytest.raises(InputError, match=r"--device cuda:0,2: no card 2 here \(allowed: 0 to 1\)"):
        devices.pick_device("cuda:0,2")


def test_devices_are_cores_or_cards(monkeypatch):
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    assert devices.devices_here("cuda") == 2
    monkeypatch.setattr(devices, "cores", lambda: 3)
    assert devices.devices_here("cpu") == 3
