"""The formats of `nexdiag report`, beside text and HTML."""
