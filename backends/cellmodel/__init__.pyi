"""What `backends.cellmodel` hands out; each name is imported when it is first used."""

from .checks import (
    ALL as ALL,
    region_of as region_of,
)
from .input_conductance import (
    amplitude_na as amplitude_na,
    input_conductance as input_conductance,
)
from .mechanisms import (
    HH as HH,
    WEAK_HH as WEAK_HH,
    Mechanism as Mechanism,
)
from .model import (
    CellModel as CellModel,
)
from .stimuli import (
    INDEFINITE_MS as INDEFINITE_MS,
    IClamp as IClamp,
    Target as Target,
)
