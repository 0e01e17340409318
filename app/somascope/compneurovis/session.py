"""Sessions, their commands and their updates."""

from backends.compneurovis.specs.messages import (
    EntityClicked as EntityClicked,
    Error as Error,
    FieldAppend as FieldAppend,
    FieldReplace as FieldReplace,
    InvokeAction as InvokeAction,
    KeyPressed as KeyPressed,
    LayoutReplace as LayoutReplace,
    PanelPatch as PanelPatch,
    Reset as Reset,
    ScenePatch as ScenePatch,
    SceneReady as SceneReady,
    SessionCommand as SessionCommand,
    SessionUpdate as SessionUpdate,
    SetControl as SetControl,
    StatePatch as StatePatch,
    Status as Status,
    StopSession as StopSession,
)
from backends.compneurovis.specs.session import (
    BufferedSession as BufferedSession,
    HistoryCaptureMode as HistoryCaptureMode,
    Session as Session,
    SessionSource as SessionSource,
    resolve_session_source as resolve_session_source,
)
