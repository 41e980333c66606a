"""The share of dropped units, as a parameter of models."""

from typing import Annotated

from pydantic import Field

Dropout = Annotated[float, Field(ge=0, lt=1)]
