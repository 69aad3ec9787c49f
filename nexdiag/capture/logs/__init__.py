"""Logs of other daemons: followed, read whatever their format, put on the recording's clock and into its turns."""
