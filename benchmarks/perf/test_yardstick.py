"""The yardstick of every other benchmark: a fixed workload of plain PyTorch."""

import torch


def test_yardstick(benchmark):
    torch.set_num_threads(1)
    x, w = torch.randn(256, 128), torch.randn(128, 128)
    benchmark(lambda: [torch.relu(x @ w) for _ in range(20)])
