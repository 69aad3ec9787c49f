"""Recordings of other tools: vcrpy's, HAR, bare requests; read, written, and vcrpy itself made to use ours."""
