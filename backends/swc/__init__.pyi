"""What `backends.swc` hands out; each name is imported when it is first used."""

from .reader import (
    read_swc as read_swc,
    read_swc_bytes as read_swc_bytes,
    read_swc_text as read_swc_text,
)
