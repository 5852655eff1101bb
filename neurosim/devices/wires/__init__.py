"""Wires of a crossbar: circuits, their equations and solvers."""
