"""What `backends.opened` hands out; each name is imported when it is first used."""

from .archive import (
    unpack_model as unpack_model,
)
from .programs import (
    digest_of_programs as digest_of_programs,
)
