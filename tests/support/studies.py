"""Studies as text, and a table of papers' figures."""

RECIPE = """\
model = "mlp(width=8, depth=1)"
optimizer = "sgd"
lr = 0.1
batch = 8
"""
SHORT, LONGER = RECIPE + "steps = 12", RECIPE + "steps = 24"

TINY = f"""
paper = "made up"
claim = "mixup is better than erm."
where = "nowhere"
sourced = "recalled"
how = "erm and mixup"
ours = "all of it"
[quick]
seeds = "0-6"
datasets = ["wine(rows=24)@short", "letter(rows=50)@short"]
methods = ["erm", "mixup", "mixup(length=2)"]
[quick.recipes.short]
{SHORT}
[full]
seeds = "0-9"
datasets = ["wine"]
methods = ["erm", "mixup", "mixup(length=2)"]
[[tests]]
method = "mixup"
against = "erm"
margin = 0.0
claimed = -0.05
claimed_ours = true
control = "mixup(length=2)"
[[tests]]
method = "mixup"
against = "erm"
metric = "nll"
better = "higher"
as_good = true
[[tests]]
method = "erm"
tasks = "wine*"
at_most = 0.9
[[tests]]
method = "erm"
tasks = "wine*"
metric = "nll"
at_least = 50
"""


KINDS = f"""
paper = "made up"
claim = "every kind of rule"
where = "nowhere"
sourced = "recalled"
how = "erm and mixup"
ours = "all of it"
[quick]
seeds = "0-6"
datasets = ["wine(rows=24)@short", "wine(rows=24)@longer"]
methods = ["erm", "mixup", "mixup(length=2)"]
[quick.recipes.short]
{SHORT}
[quick.recipes.longer]
{LONGER}
[full]
seeds = "0-9"
datasets = ["wine", "wine(rows=24)@short"]
methods = ["erm", "mixup", "mixup(length=2)"]
[full.recipes.short]
{SHORT}
[[tests]]
tasks = "*short"
method = "mixup"
against = "erm"
metric = "nll"
at_most = 10
control = "mixup(length=2)"
[[tests]]
tasks = "*short"
method = "mixup"
against = "erm"
metric = "nll"
at_least = 10
[[tests]]
tasks = "*short"
method = "mixup"
against = "erm"
metric = "nll"
relative = true
claimed = -0.05
claimed_source = "a table"
margin = 0.01
control = "mixup(length=2)"
[[tests]]
tasks = "*longer"
method = "mixup"
against = "erm"
metric = "nll"
minus = "wine(rows=24)@short"
better = "higher"
claimed = 0.3
claimed_ours = true
control = "mixup(length=2)"
[[tests]]
tasks = "*short"
method = "mixup"
metric = "brier"
at_most = 2
control_metric = "nll"
[[tests]]
tasks = "*short"
method = "mixup"
against = "erm"
metric = "seconds"
relative = true
margin = 1000
as_good = true
"""


FIGURES = "paper,table,dataset,model,method,metric,value,selection_rule,n,study,task,our_method,our_metric\n"
