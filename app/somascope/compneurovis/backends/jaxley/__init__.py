"""Sessions over Jaxley, by the import path of CompNeuroVis.

The classes are ours; their arguments mean what they mean there.
"""

from backends.compneurovis.jaxley import (
    JaxleySceneBuilder as JaxleySceneBuilder,
    JaxleySession as JaxleySession,
)
