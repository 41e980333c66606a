"""Mixer under torch.distributed: two processes."""

import subprocess
import sys

import pytest


@pytest.mark.slow
def test_under_distributed_data_parallel_ranks_differ_and_weights_agree(tmp_path):
    code = f"""
import sys, torch
from torch.nn.parallel import DistributedDataParallel
from mixsuite.mixing import Mixer
torch.set_num_threads(1)
rank = int(sys.argv[1])
torch.distributed.init_process_group("gloo", init_method="file://{tmp_path}/meet", rank=rank, world_size=2)
torch.manual_seed(0)
net = torch.nn.Sequential(torch.nn.Linear(4, 5), torch.nn.ReLU(), torch.nn.Linear(5, 3))
model = DistributedDataParallel(net)
mixer = Mixer("mixup(lam=row)", seed=0, site=("input", "2"))
x, y = torch.randn(8, 4), torch.arange(8) % 3
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
for _ in range(4):
    loss = mixer.loss(model, x, y)
    optimizer.zero_grad(); loss.backward(); optimizer.step()
print(mixer.rank, mixer.step, round(loss.item(), 5), sum(p.double().sum().item() for p in net.parameters()))
torch.distributed.destroy_process_group()
"""
    ranks = [subprocess.Popen([sys.executable, "-c", code, r], stdout=subprocess.PIPE, text=True) for r in "01"]
    (rank0, step0, loss0, sum0), (rank1, step1, loss1, sum1) = (p.communicate(timeout=900)[0].split() for p in ranks)
    assert (rank0, rank1, step0, step1) == ("0", "1", "4", "4")
    assert loss0 != loss1  # the same rows, mixed in other ways
    assert sum0 == sum1
