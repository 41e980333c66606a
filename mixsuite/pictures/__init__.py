"""Pictures of what a method does to real rows: ``mixsuite show``, and the gallery of a run.

How a row looks is said by one file a domain (draw_row); between stages rows are points in a plane.
"""
