"""Searches against each other: evonas's algorithms and their peers, over tables of trained networks."""
