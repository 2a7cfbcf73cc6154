"""All report formats: each file ends with REPORT."""
