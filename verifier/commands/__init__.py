"""All commands of `verifier`, one file each; each file ends with COMMAND."""
