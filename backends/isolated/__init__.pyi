"""What `backends.isolated` hands out; each name is imported when it is first used."""

from .exit_status import (
    ending_words as ending_words,
    exit_call_text as exit_call_text,
    intercept_os_exit as intercept_os_exit,
)
from .session import (
    IsolatedSession as IsolatedSession,
)
