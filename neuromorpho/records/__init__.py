"""What the archive knows of a cell, as frozen records: neuron, morphometry, publication, file plan.

`decode` turns a reply into records, or into an error that names the address.
"""
