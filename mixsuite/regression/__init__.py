"""Results over time: is a cell the same as in the accepted baseline, and is a difference real?

This package never imports torch.
"""
