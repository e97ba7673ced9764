"""The text on a console's screen: framebuffer to grid of cells to characters. Pure.

A text console draws the glyphs of a font, unchanged, in a grid. So a cell is read by comparing it with known glyphs: it
is known exactly, or not at all.
"""
