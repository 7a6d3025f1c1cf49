"""The model. To read it: `encoders`, `identity`, `fusion`, `batch`, then `mmmie`, which wires them.

`features` and `prepared` put a corpus on the device, `inference` predicts whole splits, and the
`text_…` files make features from transcripts.
"""
