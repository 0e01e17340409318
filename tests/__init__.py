"""Our tests. A package, because Jaxley's wheel installs one of this name, which would be found instead."""
