"""What `backends.mechanisms` hands out; each name is imported when it is first used."""

from .compilation import (
    Progress as Progress,
    build as build,
    built_library as built_library,
)
from .errors import MechanismError as MechanismError
from .leaving_out import (
    build_used as build_used,
    text_of_programs as text_of_programs,
)
from .library import load as load
from .sources import (
    digest_of as digest_of,
    find_mod_files as find_mod_files,
)
from .tools import (
    missing_tools as missing_tools,
    neuron_version as neuron_version,
)
