"""Two recordings, read, cleaned, judged and compared: where `diff` meets lint and matching."""
