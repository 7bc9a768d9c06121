//! Everything PostgreSQL: migrations, statements, the private cluster, the spool.
