"""From activations to counts and sketches: the accumulator, and its kernels for the CPU and for CUDA.

May import what stands before it: sketches and dna.
"""
