"""A rank other than 0: it trains the block along that its worker sends."""

import io
import os
import pickle
import sys
from types import SimpleNamespace

import torch.distributed as dist
from support.blocks import train_block

from mixsuite.execution import follower
from mixsuite.models.ranks import Ranks


def test_it_trains_the_block_along_that_comes_in(tiny, tmp_path, monkeypatch):
    block, seen = train_block(tiny, "mixup"), []

    class Spy:
        def follow(self, *given):
            seen.append((*given, dist.get_world_size()))

    monkeypatch.setattr(follower, "Worker", Spy)
    monkeypatch.setattr(follower, "_end_with_it", lambda pipe: None)
    sent = io.BytesIO(pickle.dumps((block, 0, 1, str(tmp_path))))
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=sent, fileno=lambda: 0))
    follower.main()
    assert seen == [(block, Ranks(0, 1), 1)]
    assert not dist.is_initialized()


def test_it_ends_with_the_worker_that_started_it(monkeypatch):
    ended = []
    monkeypatch.setattr(follower.os, "_exit", ended.append)
    ours, theirs = os.pipe()
    os.write(theirs, b"x")
    os.close(theirs)
    follower._end_with_it(ours)
    os.close(ours)
    assert ended == [1]
