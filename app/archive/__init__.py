"""NeuroMorpho.Org in the window; nothing is imported before the dock is first seen."""
