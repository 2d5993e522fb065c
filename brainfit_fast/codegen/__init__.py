"""Native code of a traced node model: from its jaxpr to C++, and from C++ to a library.

``compiler`` turns generated source into a shared library with the host's compiler, and ``cache``
keeps the libraries in a folder of the user.
"""
