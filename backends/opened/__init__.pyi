"""What `backends.opened` hands out; each name is imported when it is first used."""

from .archive import (
    place_of_model as place_of_model,
    unpack_model as unpack_model,
)
from .description import (
    EntryScript as EntryScript,
    ModelDescription as ModelDescription,
    describe_model as describe_model,
)
from .programs import (
    digest_of_programs as digest_of_programs,
)
