"""Numerical operations, one folder each, all with the same files.

``api`` checks the arguments and chooses an implementation, ``args`` holds the checked inputs,
``reference`` is the definition in plain JAX, ``cpu_ffi`` and ``pallas_*`` are kernels, and
``vjp`` gives the kernels their gradient.
"""
