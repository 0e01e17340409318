"""NeuroMorpho.Org's archive: the room of its client, which follows in an issue of its own."""
