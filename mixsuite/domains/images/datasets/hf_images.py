"""Your own pictures in a data set that Hugging Face's library has saved, hf_images:PATH."""

import hashlib
import io
from dataclasses import dataclass

import numpy as np

from mixsuite.domains import Dataset, Raw
from mixsuite.domains.base import own_path
from mixsuite.domains.images.decode import check_size, read_picture, stacked
from mixsuite.domains.saved_splits import class_codes, missing_saved, read_saved, saved_files
from mixsuite.errors import InputError, unknown


@dataclass(frozen=True)
class HfImages(Dataset):
    """Your own pictures in a folder that save_to_disk of Hugging Face's library datasets has written.

    It has a column of pictures (Image) and one of classes (ClassLabel). Splits train and test (and validation) are the
    official parts. Pictures are grey if every picture is grey, and RGB otherwise. Other columns are not read.

    path:  the folder, as in hf_images:data/leaves.
    size:  pictures are resized to size x size pixels (bilinear).
    image: the column of pictures; "": the only one.
    label: the column of classes; "": the only one.
    split: the split to read, whose test part is then drawn; "": all.
    """

    path: str
    size: int = 32
    image: str = ""
    label: str = ""
    split: str = ""

    domain = "images"
    recipe = "fashion_conv"
    arguments = ("path",)
    requires = ("pyarrow",)
    source = "a folder of your own"
    licence = "the folder's own"

    def __post_init__(self):
        super().__post_init__()
        check_size(self.size)

    def files(self, root):
        return saved_files(own_path(self.path), self.split)

    def missing(self, path):
        return missing_saved(self.path)

    def load(self, root):
        splits = read_saved(own_path(self.path), self.split)
        pictures, y, names = [], [], None
        seen = []
        for split in splits:
            codes, own = class_codes(split, _column(split, self.label, "ClassLabel", "label"))
            names = own if names is None else names
            if own != names:
                raise InputError(f"{split.what}: its classes are not those of {splits[0].what}, in the same order")
            if (codes < 0).any():
                raise InputError(
                    f"{split.what}: row {int(np.argmax(codes < 0))} has no class; to leave a split out, add (split=)"
                )
            contents = _contents(split, _column(split, self.image, "Image", "image"))
            pictures += [
                read_picture(io.BytesIO(content), self.size, f"{split.what}, row {row}")
                for row, content in enumerate(contents)
            ]
            seen.append({hashlib.sha256(content).digest() for content in contents})
            y.append(codes)
        if not pictures:
            raise InputError(f"{self.path}: has no rows")
        part = None
        if len(splits) > 1:
            part = np.repeat([split.part for split in splits], [len(codes) for codes in y])
            if seen[-1] <= seen[0]:
                raise InputError(
                    f"{splits[-1].what}: every picture is in the training part too; a test part needs its own"
                )
        # Classes without rows are none, as in a folder of pictures.
        return Raw(stacked(pictures), np.unique(np.concatenate(y), return_inverse=True)[1], part)


def _column(split, name, feature, parameter):
    """The name of the column with a feature: the one that is asked for, or the only one."""
    there = [column for column, kind in split.features.items() if kind.get("_type") == feature]
    if name:
        if name not in there:
            raise unknown(f"column of {feature} in {split.what}", name, there)
        return name
    if len(there) != 1:
        which = f"name one of {', '.join(there)}, as in ({parameter}={there[0]})" if there else "one is needed"
        raise InputError(f"{split.what}: has {len(there)} columns of {feature}; {which}")
    return there[0]


def _contents(split, column):
    """The bytes of each picture's file."""
    import pyarrow as pa
    import pyarrow.compute as pc

    values = split.table.column(column)
    kind = values.type
    if not pa.types.is_struct(kind) or kind.get_field_index("bytes") < 0 or not _is_binary(kind.field("bytes").type):
        raise InputError(f"{split.what}: column '{column}' is {kind}; pictures are saved with their bytes")
    contents = pc.struct_field(values, "bytes").to_pylist()
    if None in contents:
        row = contents.index(None)
        raise InputError(f"{split.what}: row {row} of column '{column}' has no bytes, and no path or address is opened")
    return contents


def _is_binary(kind):
    import pyarrow as pa

    return pa.types.is_binary(kind) or pa.types.is_large_binary(kind)
