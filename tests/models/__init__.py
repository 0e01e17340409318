"""`python -m tests.models FOLDER...`: public NEURON models opened by Somascope, against NEURON alone."""
