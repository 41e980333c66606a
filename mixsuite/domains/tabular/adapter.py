"""Encode tables as [N, columns], with standardised numbers and one-hot categories."""

from __future__ import annotations

import numpy as np
import torch

from mixsuite.data.rows import Raw
from mixsuite.domains.base import Domain, Encoded
from mixsuite.errors import InputError


class TabularAdapter(Domain):
    """Rows of a table, with standardised numbers and one-hot categories.

    A missing number becomes the training part's median. Categories are columns of a text or category type; they are
    one-hot over the training part's values, and all zero for a value that is not among them.
    """

    step_seconds = 6e-4

    def encode(self, raw: Raw, rows: np.ndarray, train: np.ndarray) -> Encoded:
        """Encode a pandas frame of n rows as [n, columns] float32.

        Raises:
            InputError: raw.x is not a pandas frame, two columns have one name, a cell holds more than one value, or a
                number is infinite.
        """
        import pandas as pd
        from sklearn.impute import SimpleImputer
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import OneHotEncoder, StandardScaler

        if not isinstance(raw.x, pd.DataFrame):
            raise InputError(f"a table's x must be a pandas frame, is a {type(raw.x).__name__}")
        frame = raw.x.iloc[rows]
        twice = frame.columns[frame.columns.duplicated()]
        odd = [name for name, kind in frame.dtypes.items() if kind.kind == "c"]
        if len(twice) or odd:
            what = f"two columns are called '{twice[0]}'" if len(twice) else f"column '{odd[0]}' has complex numbers"
            raise InputError(what)
        for name in frame.columns[[kind.kind == "O" for kind in frame.dtypes]]:
            cell = next((cell for cell in frame[name] if not pd.api.types.is_scalar(cell)), None)
            if cell is not None:
                raise InputError(f"column '{name}' has cells of many values (a {type(cell).__name__}); one is allowed")
        is_number = [pd.api.types.is_numeric_dtype(kind) for kind in frame.dtypes]
        blocks: dict[int, np.ndarray] = {}  # by the place of the source column
        if places := [place for place, number in enumerate(is_number) if number]:
            values = frame.iloc[:, places].astype(np.float64)
            bad = np.isinf(values.to_numpy())
            if bad.any():
                row, place = np.argwhere(bad)[0]
                raise InputError(f"column '{values.columns[place]}' has an infinite number, in row {rows[row]}")
            scale = make_pipeline(SimpleImputer(strategy="median", keep_empty_features=True), StandardScaler())
            scaled = scale.fit(values.iloc[train]).transform(values)
            blocks |= zip(places, np.split(scaled, len(places), axis=1), strict=True)
        if places := [place for place, number in enumerate(is_number) if not number]:
            column = frame.iloc[:, places]
            text = column.astype(object).where(column.notna(), "(missing)").astype(str)
            hot = OneHotEncoder(handle_unknown="ignore", sparse_output=False).fit(text.iloc[train])
            ends = np.cumsum([len(values) for values in hot.categories_])[:-1]
            blocks |= zip(places, np.split(hot.transform(text), ends, axis=1), strict=True)
        widths = [(place, blocks[place].shape[1]) for place in range(len(is_number))]
        groups = tuple(place for place, width in widths for _ in range(width))
        x = np.concatenate([blocks[place] for place, _ in widths], axis=1).astype(np.float32)
        return Encoded(torch.from_numpy(x), groups, tuple(is_number[place] for place in groups))
