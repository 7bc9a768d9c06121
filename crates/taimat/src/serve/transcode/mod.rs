//! H.265 to H.264 for browsers that cannot play it, when it is asked for: pieces of recordings, and streams as they come
//! in. Each is a process of its own, which may die; a limit each keeps them from taking the machine.

mod cache;
mod live;
mod pieces;

use vision_client::TranscodeError;

use api::ports::TranscodeFailure;

pub(crate) use cache::Cache;
pub(crate) use live::LiveTranscodings;
pub(crate) use pieces::Pieces;

fn failure(error: &TranscodeError) -> TranscodeFailure {
    match error {
        TranscodeError::Failed(detail) => TranscodeFailure::Failed(detail.clone()),
        TranscodeError::Spawn { .. } | TranscodeError::Died { .. } | TranscodeError::Protocol(_) => {
            TranscodeFailure::Unavailable(error.to_string())
        }
    }
}
