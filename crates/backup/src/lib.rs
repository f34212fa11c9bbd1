//! Snapshot files: format, atomic write, verification and the folder they live in.
