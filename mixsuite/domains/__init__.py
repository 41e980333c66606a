"""Domains turn a data set into tensors. Each domain has a folder, which holds all that it needs.

Authors of data sets, models and domains import from here.
"""

from mixsuite.data.rows import Data, Raw
from mixsuite.domains.base import Dataset, Domain, Encoded, shipped
from mixsuite.models.base import Model, Staged

__all__ = ["Data", "Dataset", "Domain", "Encoded", "Model", "Raw", "Staged", "shipped"]
