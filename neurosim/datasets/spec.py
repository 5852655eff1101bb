"""The `data:` part of a scenario: which data set, how much of it, and how it is scaled."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, ValidationInfo, field_validator, model_validator

from neurosim.schema import Model

BUILT_IN_CLASSES = 10
_FILES = {
    "path": ("mnist", "csv", "npz"),
    "test_path": ("csv",),
    "label": ("csv",),
    "features": ("csv",),
    "header": ("csv",),
    "delimiter": ("csv",),
    "split_seed": ("csv", "npz"),
}


class DataSpec(Model):
    """A data set and how much of it to use."""

    use: Literal["digits", "mnist", "mnist1d", "csv", "npz"] = Field(
        description="Which data: `digits` (8x8 handwritten digits, 1,797 samples, bundled), `mnist` (28x28, "
        "60,000 + 10,000), `mnist1d` (40 values, 4,000 + 1,000, generated), or your own `csv` or `npz` file."
    )
    train: int | None = Field(
        default=None, ge=1, description="Number of training samples, the first ones; all when left out."
    )
    test: int | None = Field(
        default=None,
        ge=1,
        description="Number of test samples; all when left out. For `csv` and `npz` without a test set of their "
        "own, this many are set aside (a fifth when left out), the same share of every class.",
    )
    path: str | None = Field(
        default=None,
        min_length=1,
        description="The file (`csv`, `npz`) or the folder that holds the four idx files (`mnist`). A relative path "
        "starts at the scenario's folder.",
    )
    scale: Literal["unit", "standardise", "none"] | None = Field(
        default=None,
        description="`unit`: to 0..1; `standardise`: to mean 0 and standard deviation 1; `none`: as they are. "
        "The scaling is measured on the training samples. Default: `unit` for `digits` and `mnist`, else `none`.",
    )
    label: str | int | None = Field(
        default=None,
        description="`csv`: the column with the class, by name or by number from 0 (negative: from the right). "
        "Default: the last column.",
    )
    features: tuple[str | int, ...] | None = Field(
        default=None,
        min_length=1,
        description="`csv`: the input columns, by name or number. Default: all but the label.",
    )
    header: bool = Field(default=True, description="`csv`: whether the first line holds the names of the columns.")
    delimiter: str = Field(
        default=",", min_length=1, max_length=1, description="`csv`: the character between two columns."
    )
    test_path: str | None = Field(
        default=None, min_length=1, description="`csv`: a second file with the same columns, used for testing."
    )
    split_seed: int = Field(
        default=0, ge=0, description="`csv`, `npz`: seed of the split where the file has no test set of its own."
    )

    @field_validator(*_FILES)
    @classmethod
    def _belongs(cls, value: object, info: ValidationInfo) -> object:
        use = info.data.get("use")
        kinds = _FILES[info.field_name or ""]
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
