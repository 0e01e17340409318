"""Live sessions over NEURON and Jaxley, and the protocol they speak. No Qt, no VTK in here."""
