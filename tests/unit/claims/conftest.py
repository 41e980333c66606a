"""Studies that were trained, judged and written, in this process."""

import shutil

import numpy as np
import pandas as pd
import pytest
from support.pools import patch_pool
from support.studies import FIGURES, KINDS, TINY
from typer.testing import CliRunner

from mixsuite.cli.app import app
from mixsuite.results.reading import load_results


@pytest.fixture(scope="session")
def ran(tmp_path_factory):
    """(folder, what was printed) of the tiny study, trained once; the letters are not in the data root."""
    folder = tmp_path_factory.mktemp("claims")
    (folder / "benchmarks" / "claims").mkdir(parents=True)
    (folder / "benchmarks" / "claims" / "tiny.toml").write_text(TINY)
    (folder / "empty").mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch_pool(patch)
        patch.chdir(folder)
        told = CliRunner().invoke(app, ["claims", "--only", "tiny", "--data", "empty", "--workers", "1"])
    return folder, told


@pytest.fixture(scope="session")
def kinds(ran, tmp_path_factory):
    """(folder, values by task, method and metric, rows of the table, what was printed) of a study of every kind."""
    folder = tmp_path_factory.mktemp("kinds") / "copy"  # other tests look at what is in the first
    shutil.copytree(ran[0], folder)
    (folder / "benchmarks" / "claims" / "kinds.toml").write_text(KINDS)
    figure = 'made up,a table,wine,mlp,mixup,"test error, %",12.5,last,1,kinds,wine(rows=24)@short,mixup,error\n'
    (folder / "benchmarks" / "published.csv").write_text(FIGURES + figure)
    with pytest.MonkeyPatch.context() as patch:
        patch_pool(patch)
        patch.chdir(folder)
        told = CliRunner().invoke(app, ["claims", "--only", "kinds", "--data", "empty", "--workers", "1"])
    results = load_results(folder / "results" / "claims" / "kinds")
    values = {
        (task.name.split("@")[1], method, metric): np.array(
            [(o.metrics | o.costs)[metric] for _, o in sorted(results.cell(task, method).ok.items())]
        )
        for task in results.manifest.tasks.values()
        for method in results.manifest.methods
        for metric in ("error", "nll", "brier", "seconds")
    }
    table = pd.read_csv(folder / "results" / "claims.csv")
    assert told.exit_code == 0, told.output
    return folder, values, table[table["id"] == "kinds"].reset_index(drop=True), told
