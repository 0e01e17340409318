"""The live trace plot: store, picture, legend and toolbar."""
