"""The witnesses, one file each."""
