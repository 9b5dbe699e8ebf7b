"""What `make bench` measures: each figure a ratio against a peer or a limit of the same run.

Belongs here: generators of big inputs, naive peers, and the stop-watch around the real flows. Never
here: anything the product imports, or a figure without the one it is compared with.
"""
