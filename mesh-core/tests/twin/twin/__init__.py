"""A second implementation of the sealed layouts, from the design pages alone.

It shares no line with `mesh-core/src/crypto` and was written without reading it.
`README.md` says what is covered, how the recorded runs are built, and which
reading was chosen wherever the pages leave one open.

Integers are little-endian, `H` is SHA-256, and every random value is an
argument: nothing here draws one.
"""
