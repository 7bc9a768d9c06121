//! The messages between server and worker: postcard, each behind its length (four bytes, big-endian).
//!
//! Both ends are of one release, so there is no negotiation; the first byte of [`Reply::Ready`] tells a
//! stranger apart. A length beyond [`MAX_MESSAGE`] or bytes that are no message end the connection.

use std::io::{self, Read, Write};

use bytes::Bytes;
use domain::{
    BoundingBox, Detection, GreyGrid, LookAt, LookCost, ObjectClass, SceneView, Searched, Timestamp,
    VideoParameters,
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

/// Longest message, in bytes: a GOP of high-rate video with room to spare.
pub const MAX_MESSAGE: usize = 64 << 20;

/// Number of a feed, unique in the life of the server's process.
pub type FeedId = u32;

/// From the server to the worker.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Request {
    /// One access unit of a feed.
    Unit(FeedUnit),
    /// No more units of this feed will come: answer what is left, then [`Reply::Closed`].
    Close {
        /// Which feed.
        feed: FeedId,
    },
    /// A still is wanted.
    Still {
        /// Number of the request.
        id: u64,
        /// What is wanted.
        still: StillUnits,
    },
    /// It is wanted how bright some pictures are. Done when nothing else is.
    Grids {
        /// Number of the request.
        id: u64,
        /// Of which.
        grids: GridUnits,
    },
}

/// One access unit of a feed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FeedUnit {
    /// Which feed.
    pub feed: FeedId,
    /// Number of the unit in its feed, rising.
    pub sequence: u64,
    /// Time of the picture.
    pub time: Timestamp,
    /// Whether decoding can start here.
    pub random_access: bool,
    /// How the picture is to be looked at, if at all.
    pub look: Option<LookAt>,
    /// What it takes to decode this unit, where that changed since the unit before.
    pub parameters: Option<VideoParameters>,
    /// NAL units, each behind its length.
    pub data: Bytes,
}

/// What a still is made from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StillUnits {
    /// What it takes to decode the units.
    pub parameters: VideoParameters,
    /// Units in decode order, from a key frame on.
    pub units: Vec<WireUnit>,
    /// The moment wanted: the last picture at or before it, else the first.
    pub at: Timestamp,
    /// The part to cut out.
    pub crop: Option<BoundingBox>,
    /// Widest that the result may be.
    pub max_width: Option<u32>,
    /// JPEG quality, 1 to 100.
    pub quality: u8,
}

/// Key frames whose brightness is wanted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GridUnits {
    /// What it takes to decode the units.
    pub parameters: VideoParameters,
    /// Key frames: each is decoded by itself.
    pub units: Vec<WireUnit>,
    /// The part of the picture that matters.
    pub area: BoundingBox,
}

/// A unit of a still, or a key frame.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WireUnit {
    /// Time of the picture.
    pub time: Timestamp,
    /// NAL units, each behind its length.
    pub data: Bytes,
}

/// From the worker to the server.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Reply {
    /// The model is loaded and checked: send.
    Ready(ModelInfo),
    /// The worker cannot work and ends.
    Refused {
        /// Why, naming the file, the field and the remedy.
        reason: String,
    },
    /// A unit has been through the decoder.
    Done {
        /// Which feed.
        feed: FeedId,
        /// Which unit; all before it are done too.
        sequence: u64,
        /// Time of the earliest unit that is to be looked at and still inside the decoder.
        held_from: Option<Timestamp>,
    },
    /// A picture was looked at.
    Look {
        /// Which feed.
        feed: FeedId,
        /// Time of the unit.
        time: Timestamp,
        /// What was found.
        detections: Vec<Detection>,
        /// Where it was searched for.
        searched: Searched,
        /// Share of the picture that changed.
        motion: f32,
        /// What it showed as a whole.
        view: SceneView,
        /// What it took.
        cost: LookCost,
    },
    /// A picture could not be looked at.
    Failed {
        /// Which feed.
        feed: FeedId,
        /// Time of the unit.
        time: Timestamp,
        /// Why.
        detail: String,
    },
    /// Everything of this feed has been answered.
    Closed {
        /// Which feed.
        feed: FeedId,
    },
    /// A still, or why there is none.
    Still {
        /// Number of the request.
        id: u64,
        /// The outcome.
        outcome: Result<StillPicture, StillFailure>,
    },
    /// How bright pictures are; those that could not be decoded are left out.
    Grids {
        /// Number of the request.
        id: u64,
        /// The outcome.
        outcome: Result<Vec<GreyGrid>, StillFailure>,
    },
}

/// A still.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StillPicture {
    /// The JPEG file.
    pub jpeg: Bytes,
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// Time of the picture.
    pub time: Timestamp,
    /// Microseconds of processor time that it took.
    pub micros: u32,
}

/// Why the worker made no still or grids.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum StillFailure {
    /// Too many are waiting.
    Busy,
    /// The units could not be decoded.
    Decode(String),
}

/// One access unit to be transcoded, or one that came of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CodedUnit {
    /// Time of the picture.
    pub time: Timestamp,
    /// Whether decoding can start here.
    pub random_access: bool,
    /// What it takes to decode this unit, where that changed since the unit before.
    pub parameters: Option<VideoParameters>,
    /// NAL units, each behind its length.
    pub data: Bytes,
}

/// From a worker that transcodes. It is sent [`CodedUnit`]s until the server closes its half of the socket.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum TranscodeReply {
    /// A unit of H.264. Pictures are not reordered.
    Unit(CodedUnit),
    /// All that was sent has been answered.
    Done,
    /// Nothing can be made of this: the worker ends.
    Failed {
        /// Why.
        detail: String,
    },
}

/// The model that the worker runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelInfo {
    /// Name, from the manifest.
    pub name: String,
    /// Version, from the manifest.
    pub version: String,
    /// Licence, from the manifest.
    pub licence: String,
    /// Where it comes from, from the manifest.
    pub source: String,
    /// Width of its input in pixels.
    pub width: u32,
    /// Height of its input in pixels.
    pub height: u32,
    /// What it can tell apart, of what we know.
    pub classes: Vec<ObjectClass>,
    /// The execution provider in use.
    pub provider: String,
    /// The file of the ONNX Runtime library; its name tells its version.
    pub runtime: String,
}

/// Bytes that are no message.
#[derive(Debug, thiserror::Error)]
pub enum ProtocolError {
    /// The length is beyond [`MAX_MESSAGE`].
    #[error("a message of {0} bytes is longer than the {MAX_MESSAGE} allowed")]
    TooLong(usize),
    /// The bytes make no message.
    #[error("not a message: {0}")]
    Malformed(#[from] postcard::Error),
    /// Bytes are left after the message.
    #[error("{0} bytes follow the message")]
    Trailing(usize),
    /// The socket failed.
    #[error("the socket failed: {0}")]
    Io(#[from] io::Error),
}

/// Room for a length.
pub const PREFIX: usize = 4;

/// A message with its length before it.
pub fn encode<T: Serialize>(message: &T) -> Result<Vec<u8>, ProtocolError> {
    let mut bytes = postcard::to_extend(message, vec![0; PREFIX])?;
    let length = bytes.len() - PREFIX;
    if length > MAX_MESSAGE {
        return Err(ProtocolError::TooLong(length));
    }
    let prefix = (length as u32).to_be_bytes();
    bytes.iter_mut().zip(prefix).for_each(|(byte, value)| *byte = value);
    Ok(bytes)
}

/// How long the message behind this prefix is.
pub fn length(prefix: [u8; PREFIX]) -> Result<usize, ProtocolError> {
    let length = u32::from_be_bytes(prefix) as usize;
    if length > MAX_MESSAGE { Err(ProtocolError::TooLong(length)) } else { Ok(length) }
}

/// A message from its bytes, without the length.
pub fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, ProtocolError> {
    let (message, rest) = postcard::take_from_bytes(bytes)?;
    if rest.is_empty() { Ok(message) } else { Err(ProtocolError::Trailing(rest.len())) }
}

/// Waits for the next message; `None` where the other side has closed the socket between two messages.
pub fn read<T: DeserializeOwned>(from: &mut impl Read) -> Result<Option<T>, ProtocolError> {
    let mut prefix = [0; PREFIX];
    match from.read_exact(&mut prefix) {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        other => other?,
    }
    let mut bytes = vec![0; length(prefix)?];
    from.read_exact(&mut bytes)?;
    decode(&bytes).map(Some)
}

/// Writes one message.
pub fn write<T: Serialize>(to: &mut impl Write, message: &T) -> Result<(), ProtocolError> {
    to.write_all(&encode(message)?)?;
    Ok(())
}
