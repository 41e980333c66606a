"""How many cores a process may use."""

from mixsuite.data import cores


def test_cores_are_those_that_the_system_allows(monkeypatch):
    monkeypatch.setattr(cores.os, "sched_getaffinity", lambda pid: {0, 3, 4}, raising=False)
    assert cores.cores() == 3
    monkeypatch.delattr(cores.os, "sched_getaffinity")  # on other systems
    monkeypatch.setattr(cores.os, "cpu_count", lambda: 6)
    assert cores.cores() == 6
