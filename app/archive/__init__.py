"""NeuroMorpho.Org in the window: search, results, detail, queue."""
