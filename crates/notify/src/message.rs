//! What goes out.

use std::collections::BTreeMap;

use bytes::Bytes;
use domain::{MessageKind, PlaceId, Severity, Timestamp, Warning};
use url::Url;

/// A message: one warning, several that waited for each other, or none where a person tries the channel.
#[derive(Clone, Debug, PartialEq)]
pub struct Message {
    /// The same however often it is tried.
    pub key: String,
    /// Why it goes out.
    pub kind: MessageKind,
    /// What it tells, oldest first.
    pub warnings: Vec<Warning>,
    /// When it goes out.
    pub sent_at: Timestamp,
    /// Where a person reads on.
    pub link: Option<Url>,
    /// A picture as JPEG, where those who are written to may see it.
    pub picture: Option<Bytes>,
    /// What is open at the places that it tells of, for channels that show states rather than messages.
    pub open: Vec<OpenItems>,
}

/// What is open at one place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenItems {
    /// The place.
    pub place_id: PlaceId,
    /// Its name.
    pub place: String,
    /// How many review items of each severity are open.
    pub count: BTreeMap<Severity, u64>,
}

impl Message {
    /// The most severe of what it tells; `None` where it tells nothing.
    #[must_use]
    pub fn severity(&self) -> Option<Severity> {
        self.warnings.iter().map(|warning| warning.severity).max()
    }
}
