"""How the embedded Postgres is set: for an append-only log with many small commits."""

from __future__ import annotations

import os

SERVER_SETTINGS = {
    # A commit that was answered is on the disk.
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    # Bulk imports write gigabytes of WAL; checkpoints by time, not by volume, keep them steady.
    "max_wal_size": "4GB",
    "min_wal_size": "256MB",
    "checkpoint_timeout": "15min",
    "wal_buffers": "16MB",
    # Several processes with a pool each.
    "max_connections": "100",
    # Plans for data on an SSD and for queries of milliseconds.
    "random_page_cost": "1.1",
    "effective_io_concurrency": "64",
    "jit": "off",
    # Read models are updated in place all day: vacuum early, in small bites, at the pace that is
    # Postgres' own. Ten times that pace took a core from who asks, for a second at a time.
    "autovacuum_naptime": "15s",
    "autovacuum_vacuum_scale_factor": "0.05",
    "autovacuum_analyze_scale_factor": "0.05",
    # What an operator asks first.
    "shared_preload_libraries": "pg_stat_statements",
    "track_io_timing": "on",
    # Statements may carry personal data, so they stay out of the server's log.
    "log_min_error_statement": "panic",
    "log_checkpoints": "off",
    "log_line_prefix": "%m [%p] %q%d ",
    "timezone": "UTC",
    "log_timezone": "UTC",
}
"""Everything but memory. listen_addresses and sockets are the launcher's."""

_MIB = 1024 * 1024


def memory_settings() -> dict[str, str]:
    """Return the settings that follow the machine's memory, most of which is for others."""
    total_mib = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // _MIB
    return {
        "shared_buffers": f"{min(max(total_mib // 16, 64), 1024)}MB",
        "effective_cache_size": f"{max(total_mib // 2, 256)}MB",
        "maintenance_work_mem": f"{min(max(total_mib // 64, 32), 256)}MB",
        "work_mem": f"{min(max(total_mib // 1024, 4), 16)}MB",
    }
