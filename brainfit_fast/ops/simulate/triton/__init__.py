"""The Pallas kernels of ``simulate``, Triton lowering, and the runs that are made of them."""
