//! What an export holds, item by item: found before the first byte is written, so that its size is known.

use domain::{CaseFootage, CaseItem, CaseItemKind, Event, Sentence};
use recorder::clip::{ClipError, ClipPlan};

use super::Exporter;
use super::job::{Ended, failed};
use crate::serve::stills;

/// An item with what there is of it.
pub(super) struct Content {
    pub(super) item: CaseItem,
    /// The clip, of a clip or an event.
    pub(super) clip: Option<ClipPlan>,
    /// The event, where it is still known.
    pub(super) event: Option<(Event, Option<String>)>,
    /// Why something is missing.
    pub(super) missing: Vec<Sentence>,
}

impl Exporter {
    /// Finds what there is of an item.
    pub(super) async fn content(&self, item: CaseItem) -> Result<Content, Ended> {
        let mut content = Content { item, clip: None, event: None, missing: Vec::new() };
        if let CaseItemKind::Event { event_id } = content.item.kind {
            match self.index.event(event_id).await {
                Ok(record) => content.event = Some((record.event, record.snapshot)),
                Err(index::IndexError::NotFound { .. }) => content.missing.push(failed(
                    "Sự kiện đã bị xóa khỏi hệ thống.",
                    "The event was removed from the system.",
                )),
                Err(error) => return Err(error.into()),
            }
        }
        let is_clip = matches!(content.item.kind, CaseItemKind::Clip { .. } | CaseItemKind::Event { .. });
        if let Some(footage) = content.item.footage.as_ref().filter(|_| is_clip) {
            match self.clip(footage).await? {
                Ok(clip) => content.clip = Some(clip),
                Err(why) => content.missing.push(why),
            }
        }
        Ok(content)
    }

    async fn clip(&self, footage: &CaseFootage) -> Result<Result<ClipPlan, Sentence>, Ended> {
        let CaseFootage { camera_id, stream, range, .. } = footage;
        let segments = stills::footage(&self.index, &self.recorder, *camera_id, *stream, *range).await?;
        if segments.is_empty() {
            return Ok(Err(nothing()));
        }
        match recorder::clip::plan(self.recorder.root().to_owned(), segments, *range).await {
            Ok(plan) => Ok(Ok(plan)),
            Err(ClipError::Empty { .. }) => Ok(Err(nothing())),
            Err(ClipError::Stopped) => Err(Ended::Cancelled),
            Err(error) => {
                tracing::warn!(camera = %camera_id, %error, "a clip of an export could not be made");
                Ok(Err(failed(
                    "Có bản ghi hình nhưng không đọc được.",
                    "The recording is there, and cannot be read.",
                )))
            }
        }
    }
}

/// Why there is neither clip nor picture.
pub(super) fn nothing() -> Sentence {
    failed("Không có bản ghi hình ở thời điểm này.", "Nothing is recorded at that time.")
}
