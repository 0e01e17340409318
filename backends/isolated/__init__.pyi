"""What `backends.isolated` hands out; each name is imported when it is first used."""

from .exit_status import (
    call_of as call_of,
    ending_words as ending_words,
    exits_heard as exits_heard,
)
from .session import (
    IsolatedSession as IsolatedSession,
)
