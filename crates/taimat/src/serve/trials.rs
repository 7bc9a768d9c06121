//! Pictures of cameras that are tried: the worker decodes the key frame that was seen.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use camera::Seen;
use domain::{ProbeReport, Sentence, StreamReport};
use vision_client::{StillRequest, Vision};

/// How wide such a picture is at most.
const WIDTH: u32 = 640;
const QUALITY: u8 = 80;

/// The report of what was seen, without pictures.
pub(super) fn report(seen: Vec<Seen>) -> ProbeReport {
    ProbeReport { streams: seen.into_iter().map(|seen| seen.report).collect() }
}

/// The same with a picture of each stream, or why there is none.
pub(super) async fn illustrated(vision: Option<&Vision>, seen: Vec<Seen>) -> ProbeReport {
    let mut streams = Vec::with_capacity(seen.len());
    for seen in seen {
        let (picture, no_picture) = match picture(vision, &seen).await {
            Ok(jpeg) => (Some(jpeg), None),
            Err(why) => (None, Some(why)),
        };
        streams.push(StreamReport { picture, no_picture, ..seen.report });
    }
    ProbeReport { streams }
}

async fn picture(vision: Option<&Vision>, seen: &Seen) -> Result<String, Sentence> {
    let vision = vision.ok_or_else(|| {
        Sentence::new(
            "Không có hình vì phân tích đang tắt ([vision] enabled).",
            "There is no picture, for analysis is switched off ([vision] enabled).",
        )
    })?;
    let unit = seen
        .key_frame
        .clone()
        .ok_or_else(|| Sentence::new("Không thấy khung hình chính nào.", "No key frame was seen."))?;
    let request = StillRequest {
        at: unit.time,
        units: vec![unit],
        crop: None,
        max_width: Some(WIDTH),
        quality: QUALITY,
    };
    match vision.still(request).await {
        Ok(still) => Ok(STANDARD.encode(&still.jpeg)),
        Err(error) => {
            tracing::info!("no picture of a trial: {error}");
            Err(Sentence::new(
                "Luồng chạy được nhưng chưa tạo được hình thử; hãy thử lại sau ít giây.",
                format!(
                    "The stream works, but no picture could be made of it: {error}. Try again in some seconds."
                ),
            ))
        }
    }
}
