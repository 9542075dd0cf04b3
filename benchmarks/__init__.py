"""Every published number, measured beside a peer or a physical limit in the same run."""
