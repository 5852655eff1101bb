"""The `data:` part of a scenario: which data set, how much of it, and how it is scaled."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, ValidationInfo, field_validator, model_validator

from neurosim.schema import Model

BUILT_IN_CLASSES = 10
# Which kinds of data an option belongs to.
_BELONGS = {
    "path": ("mnist", "csv", "npz"),
    "test_path": ("csv",),
    "label": ("csv",),
    "features": ("csv",),
    "header": ("csv",),
    "delimiter": ("csv",),
    "split_seed": ("csv", "npz"),
}


class DataSpec(Model):
    """Which data to learn from, how much of it, and how it is scaled."""

    use: Literal["digits", "mnist", "mnist1d", "csv", "npz"]
    """`digits`: 8x8 handwritten digits, 1,797 samples, bundled. `mnist`: 28x28, 60,000 + 10,000.
    `mnist1d`: series of 40 values, 4,000 + 1,000, generated. `csv`, `npz`: a file of your own."""
    train: int | None = Field(default=None, ge=1)
    """How many training samples to use: the first ones; all when left out."""
    test: int | None = Field(default=None, ge=1)
    """How many test samples to use; all when left out. A `csv` or `npz` file without test samples of its
    own sets this many aside, a fifth when left out, from every class its share."""
    path: str | None = Field(default=None, min_length=1)
    """The file (`csv`, `npz`), or the folder with the four idx files (`mnist`); starts at the scenario's
    folder unless absolute."""
    scale: Literal["unit", "standardise", "none"] | None = None
    """`unit`: to 0..1. `standardise`: to mean 0 and standard deviation 1. `none`: as it is. Measured on
    the training samples, column by column for tables. When left out: `unit` for `digits` and `mnist`,
    `none` for the others."""
    label: str | int | None = None
    """`csv`: the column that holds the class, by name, or by number counted from 0 (negative: from the
    right). The last column when left out."""
    features: tuple[str | int, ...] | None = Field(default=None, min_length=1, strict=False)
    """`csv`: the columns that hold the inputs, by name or number. All but the label when left out."""
    header: bool = True
    """`csv`: whether the first line holds the names of the columns."""
    delimiter: str = Field(default=",", min_length=1, max_length=1)
    """`csv`: the character between two columns."""
    test_path: str | None = Field(default=None, min_length=1)
    """`csv`: a second file with the same columns, used for testing."""
    split_seed: int = Field(default=0, ge=0)
    """`csv`, `npz`: the seed of the split, where the file has no test samples of its own."""

    @field_validator(*_BELONGS)
    @classmethod
    def _belongs(cls, value: object, info: ValidationInfo) -> object:
        use = info.data.get("use")
        kinds = _BELONGS[info.field_name or ""]
        if value is not None and use is not None and use not in kinds:
            raise ValueError(f"this belongs to {' and '.join(kinds)} data; '{use}' has no such option")
        return value

    @model_validator(mode="after")
    def _has_path(self) -> Self:
        if self.use in ("csv", "npz") and self.path is None:
            raise ValueError(f"'{self.use}' data needs a path, for example path: my-data.{self.use}")
        return self

    @property
    def classes(self) -> int | None:
        """The number of classes where it is known without reading a file, else None."""
        return None if self.use in ("csv", "npz") else BUILT_IN_CLASSES
