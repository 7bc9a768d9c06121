//! What is found out about a camera of which little more than its host is known.

use serde::{Deserialize, Serialize};
use url::Url;

use crate::{FailureKind, Sentence, StreamReport};

/// What gave the brand away.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum GuessedBy {
    /// The realm for which it asks a password.
    Realm,
    /// The name of its server software.
    Server,
    /// A path that it knows.
    Path,
    /// A port that is open.
    Port,
}

/// A path that was tried.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TriedPath {
    /// The path, with its query.
    pub path: String,
    /// What was wrong; `None` where it has video that can be used.
    pub failure: Option<FailureKind>,
}

/// A channel of a recorder: a camera behind it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FoundChannel {
    /// Its number, from 2.
    pub number: u16,
    /// Address of its main stream, which has video.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub main_url: Url,
    /// Address of its sub stream, where the first channel has one; it was not asked for.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>))]
    pub sub_url: Option<Url>,
}

/// The streams of a camera, as they were found.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FindReport {
    /// The brand, or the family of brands that are built alike.
    pub brand: Option<String>,
    /// What gave it away.
    pub guessed_by: Option<GuessedBy>,
    /// Address of the main stream; `None` where no path worked.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>))]
    pub main_url: Option<Url>,
    /// Address of the sub stream.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>))]
    pub sub_url: Option<Url>,
    /// Further channels, where it is a recorder: the addresses above are those of its first one.
    pub channels: Vec<FoundChannel>,
    /// The streams as they were tried; none where that failed, and `advice` says why.
    pub streams: Vec<StreamReport>,
    /// What was tried, in this order.
    pub tried: Vec<TriedPath>,
    /// What to know or do.
    pub advice: Vec<Sentence>,
}

/// A device that told of itself in the network.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Discovered {
    /// The address that it answered from.
    pub address: String,
    /// What it calls itself.
    pub name: Option<String>,
    /// The brand, where name or model tell.
    pub brand: Option<String>,
    /// Its model.
    pub hardware: Option<String>,
}
