"""Domains: a data set becomes tensors and a model with sites. A folder a domain, with all that is about it.

An author of a data set or a domain imports from here.
"""

from mixsuite.data.rows import Data, Raw
from mixsuite.domains.base import Dataset, Domain, Encoded, shipped
from mixsuite.models.base import Staged

__all__ = ["Data", "Dataset", "Domain", "Encoded", "Raw", "Staged", "shipped"]
