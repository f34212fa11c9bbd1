//! SQLite catalogue of snapshots and accounts, and the one place that keeps secrets.
