"""Arrays of devices in files: an .npz with the state and, as JSON, the arguments that make the array.

The devices themselves are not written: they follow from card, seed and name. No pickles.
"""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from neurosim.devices import card as cards
from neurosim.errors import InputError, RunError

if TYPE_CHECKING:
    from neurosim.devices.array import DeviceArray

FORMAT = 1


def save(array: DeviceArray, path: Path, stuck: NDArray[Any] | None) -> None:
    """Write an array; `stuck` is the mask that it was made with. See `DeviceArray.save`."""
    about = {
        "format": FORMAT,
        "card": array.card.model_dump(mode="json"),
        "rows": array.shape[0],
        "cols": array.shape[1],
        "seed": array.seed,
        "name": array.name,
        "dtype": array.dtype.name,
    }
    arrays = array.state() | ({} if stuck is None else {"stuck": stuck})
    try:
        with path.open("wb") as file:
            np.savez(file, about=np.array(json.dumps(about)), **arrays)
    except OSError as error:
        raise RunError(f"cannot write {path}: {error.strerror or error}") from None


def read(path: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """The arguments and the state of the array in a file. See `DeviceArray.load`."""
    try:
        with np.load(path, allow_pickle=False) as file:
            about = json.loads(str(file["about"]))
            state = {key: file[key] for key in file.files if key != "about"}
        version, card = about.pop("format"), about.pop("card")
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror or error}") from None
    except (AttributeError, EOFError, KeyError, TypeError, ValueError, zipfile.BadZipFile):
        raise InputError(f"{path} is not a saved array of devices") from None
    if version != FORMAT:
        raise InputError(f"{path} has format {version}; this neurosim reads {FORMAT}")
    return {**about, "device": cards.make(card, str(path)), "stuck": state.pop("stuck", None)}, state
