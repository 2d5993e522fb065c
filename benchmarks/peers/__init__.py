"""One Hopf network, written once for each library that benchmarks/cpu.py compares."""
