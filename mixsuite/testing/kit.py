"""The conformance kit: run every check on every sample to which a method applies."""

from __future__ import annotations

import ast
import inspect
import traceback
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mixsuite.domains.augmentation import Augmentation
from mixsuite.errors import SkipRun, unknown
from mixsuite.evaluation.metric import Metric
from mixsuite.experiment.build import make_method
from mixsuite.experiment.resolve import resolve_method
from mixsuite.mixing import Method
from mixsuite.mixing.method import why_not
from mixsuite.models.base import Model
from mixsuite.plugins.entry import need_text, parse_call
from mixsuite.plugins.guard import guarded
from mixsuite.plugins.kinds import AUGMENTATION, DOMAIN, METHOD, METRIC, MODEL, OPTIMIZER, Kind, builtin_files
from mixsuite.plugins.load import load_plugin
from mixsuite.testing.augmentation_kit import check_augmentation
from mixsuite.testing.device_checks import half_precision, no_host_sync, no_recompile, stacks
from mixsuite.testing.draw_checks import a_function_of_its_seed, inputs_stay, no_global_generator, others_draw_the_same
from mixsuite.testing.findings import Finding, problems
from mixsuite.testing.memory_checks import (
    memory_can_be_saved,
    memory_is_of_one_run,
    remember_writes_to_the_memory_alone,
    remembers_rows_by_what_they_are,
)
from mixsuite.testing.metric_kit import check_metric
from mixsuite.testing.model_kit import check_model
from mixsuite.testing.objective_checks import loss_counts, loss_weighs_the_plans_targets, mixes_alone
from mixsuite.testing.optimizer_kit import check_optimizer
from mixsuite.testing.order_checks import rows_count_by_what_they_are
from mixsuite.testing.plan_checks import (
    mixes_the_rows_it_names,
    objective_is_a_number,
    ones_change_nothing,
    plans_are_valid,
    rate_of_mixing,
    rows_are_named,
    shares_agree,
)
from mixsuite.testing.samples import ROWS, Sample, samples
from mixsuite.testing.trial import Check, Trial, line_of, own_files
from mixsuite.training.optimizer import Optimizer

CHECKS: tuple[Check, ...] = (  # for methods whose plans are valid
    objective_is_a_number,
    loss_weighs_the_plans_targets,
    loss_counts,
    mixes_alone,
    ones_change_nothing,
    mixes_the_rows_it_names,
    shares_agree,
    rate_of_mixing,
    rows_are_named,
    rows_count_by_what_they_are,
    memory_can_be_saved,
    memory_is_of_one_run,
    remember_writes_to_the_memory_alone,
    remembers_rows_by_what_they_are,
    half_precision,
    inputs_stay,
    no_global_generator,
    a_function_of_its_seed,
    others_draw_the_same,
    no_host_sync,
    stacks,
)  # no_recompile is not among them: it compiles, which takes seconds, so it runs once per method


@dataclass(frozen=True)
class Kit:
    """The checks of another kind of plugin than methods.

    base:      the class of its contract.
    by_domain: whether it is tried on the rows of domains, of which ``domains=`` names some.
    """

    kind: Kind
    base: type
    check: Callable[..., list[Finding]]
    by_domain: bool = False


KITS = (
    Kit(MODEL, Model, check_model, by_domain=True),
    Kit(METRIC, Metric, check_metric),
    Kit(OPTIMIZER, Optimizer, check_optimizer),
    Kit(AUGMENTATION, Augmentation, check_augmentation, by_domain=True),
)


Plugin = Method | Model | Metric | Optimizer | Augmentation


def check(
    plugin: str | Plugin, among: Sequence[Sample] | None = None, domains: Sequence[str] | None = None
) -> list[Finding]:
    """Run every check on a method, a model, a metric, an optimiser or an augmentation.

    If a method's plans are not valid on a sample, the other checks skip that sample.

    Args:
        plugin: an instance, or an entry "name(parameters)" or "./file.py(parameters)".
        among: the samples to try a method on; None: every built-in one, and those of outside domains that it names.
        domains: try these alone.

    Raises:
        InputError: no such plugin or domain, or its file cannot be imported or defines none.
    """
    if isinstance(plugin, type) or not isinstance(plugin, str | Plugin):
        need_text(plugin)
    instance: Any = _load(plugin) if isinstance(plugin, str) else plugin
    for kit in KITS:
        if isinstance(instance, kit.base):
            if not kit.by_domain:
                return kit.check(instance)
            _check_names(domains, builtin_files(DOMAIN))
            return kit.check(instance, domains)
    findings: list[Finding] = []
    trials: list[Trial] = []
    made = list(among or samples(_outside_domains(type(instance))))
    _check_names(domains, [sample.domain for sample in made])
    for sample in made:
        if domains and sample.domain not in domains:
            continue
        applies = _applies(instance, sample)
        if applies.status == "ok":
            sites = list(sample.sites) if instance.site == "random" else [instance.site]
            trials += [Trial(instance, sample, site) for site in sites]
        else:
            findings.append(applies)
    valid = []
    for trial in trials:
        first = _tried(plans_are_valid, trial)
        findings += problems(first)[:1] or first
        if not problems(first):
            valid.append(trial)
            findings += [f for one in CHECKS for f in _tried(one, trial)]
    if valid:
        findings += _tried(no_recompile, valid[0])
    if not trials and not problems(findings):
        reasons = "; ".join(dict.fromkeys(f.seen for f in findings)) or "none"
        findings.append(
            Finding("problem", "applies somewhere", "all", "every sample", "one that it applies to", reasons)
        )
    return findings


def _check_names(domains: Sequence[str] | None, allowed: Iterable[str]) -> None:
    """Refuse names of domains that there are not.

    Raises:
        InputError: there is one.
    """
    for name in domains or ():
        if name not in set(allowed):
            raise unknown("domain", name, set(allowed))


def _load(entry: str) -> Any:
    """The plugin of an entry: whichever is built in, or its file defines."""
    call = parse_call(entry)
    bases = _bases(call.name) if call.name.endswith(".py") else set()
    for kit in () if call.name in builtin_files(METHOD) else KITS:
        if call.name.partition(":")[0] in builtin_files(kit.kind) or kit.base.__name__ in bases:
            return load_plugin(kit.kind, call, kit.base).instance
    return make_method(resolve_method(entry))


def _bases(path: str) -> set[str]:
    """The bare names of the base classes in a file, as far as its class statements say."""
    try:
        tree = ast.parse(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError, SyntaxError):
        return set()  # the loader says why
    classes = [node for node in tree.body if isinstance(node, ast.ClassDef)]
    return {ast.unparse(base).rpartition(".")[2] for node in classes for base in node.bases}


def _outside_domains(cls: type[Method]) -> list[str]:
    """List the files of the outside domains that a method names."""
    folder = Path(inspect.getfile(cls)).parent
    return [str(folder / name) if name.startswith("./") else name for name in cls.domains if "." in name]


def _applies(method: Method, sample: Sample) -> Finding:
    """Check whether a method applies to a sample, as the trainer does: by its domains, its site and reject()."""
    tried = "site, domains, kinds and reject()"
    try:
        with guarded():
            reason = why_not(method, sample.info(ROWS))
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        return _raised("reject() answers", sample.name, method, error)
    if reason is None:
        return Finding("ok", "applies", sample.name, tried, "", "")
    if not isinstance(reason, str) or not reason:
        return Finding(
            "problem",
            "reject() answers",
            sample.name,
            tried,
            "None, or a reason in words",
            repr(reason),
            line_of(type(method), "reject"),
        )
    return Finding("note", "applies", sample.name, tried, "", f"it does not: {reason}")


def _tried(one: Check, trial: Trial) -> list[Finding]:
    try:
        with guarded():
            return list(one(trial))
    except KeyboardInterrupt:
        raise
    except SkipRun as skip:  # it looks at a model's parts, which the kit's small model does not have
        return [
            Finding(
                "note", one.__name__.replace("_", " "), trial.name, "the kit's small model", "", f"not tried: {skip}"
            )
        ]
    except BaseException as error:
        return [_raised(one.__name__.replace("_", " "), trial.name, trial.method, error)]


def _raised(what: str, sample: str, method: Method, error: BaseException) -> Finding:
    """Turn an exception into a finding, which names the last line of it in one of the method's own files."""
    files = own_files(type(method))
    lines = [f for f in traceback.extract_tb(error.__traceback__) if f.filename in files]
    where = f"{lines[-1].filename}, line {lines[-1].lineno}" if lines else line_of(type(method), "objective")
    message = f"{type(error).__name__}: {' '.join(str(error).split())}"
    if lines and "batch.x" in (lines[-1].line or "") and not type(method).needs_x:
        message += " (batch.x is None unless the class says needs_x = True)"
    if lines and "batch.rows" in (lines[-1].line or "") and not type(method).needs_rows:
        message += " (in a Mixer batch.rows is None unless the class says needs_rows = True)"
    return Finding("problem", what, sample, what, "no exception", message, where)
