"""What benchmarks/cpu.py and benchmarks/peers.py compare: the work, once for each library, and the tables."""
