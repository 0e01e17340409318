"""The panels of the docks: setters in, signals out."""
