"""Sessions over Jaxley."""

from backends.compneurovis.jaxley import (
    JaxleySceneBuilder as JaxleySceneBuilder,
    JaxleySession as JaxleySession,
)
