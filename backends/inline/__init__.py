"""The author's API without a class: what `import somascope as ss` hands out, but for `show`.

A script makes a *view* of its model (`neuron`, `jaxley`, `source`, `static`), asks it for plots and controls, and
lays them out. From these a session class is made, which is an ordinary `NeuronSession`, `JaxleySession` or
`LiveSession`: the handles only fill in its hooks. No Qt, and no simulator until one is used.
"""
