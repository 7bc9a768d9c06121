//! The way of rows to the index. The writer spools while the database is gone, so sending fails only when the
//! server has already stopped writing.

use index::{Record, WriterHandle};

/// Takes rows. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Rows(WriterHandle);

impl Rows {
    pub(crate) fn new(writer: WriterHandle) -> Self {
        Self(writer)
    }

    /// Hands a row over; one that comes after the writer has ended is logged.
    pub(crate) async fn send(&self, record: Record) {
        if let Err(error) = self.0.send(record).await {
            tracing::error!("a row was not written: {error}");
        }
    }

    /// The writer itself.
    pub(crate) fn writer(&self) -> &WriterHandle {
        &self.0
    }
}
