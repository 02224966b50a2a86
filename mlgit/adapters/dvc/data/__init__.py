"""Data: hashes of files on disk and in the DVC cache, and fingerprints of earlier runs."""
